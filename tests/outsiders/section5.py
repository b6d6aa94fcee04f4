"""Section 5 of the guide, "Clean Up Resources", as a person pastes it: line for line, in its
order, each in the CLI's default region unless the line names one. A line that fails says so and
the next one runs, as in a terminal."""

from botocore.exceptions import BotoCoreError, ClientError

from guide import CLUSTER, TRAIL, TRAIL_ROLE
from world import HOME, LAB

ROLES = (  # "Repeat for other roles (EKS cluster/nodegroup, CloudTrail_CloudWatchLogs_Role, …)"
    f"{LAB}-sagemaker-execution",
    f"{LAB}-eks-cluster-role",
    f"{LAB}-eks-nodegroup-role",
    TRAIL_ROLE,
)


def run(world, default_region, say):
    def client(service, region=default_region):
        return world.client(service, region)

    def line(what, call, **arguments):
        try:
            answer = call(**arguments)
            say(f"ok      {what}")
            return answer
        except (ClientError, BotoCoreError) as error:
            say(f"failed  {what}: {error}")
            return {}

    # 5.1
    cloudtrail = client("cloudtrail")
    line("delete-trail", cloudtrail.delete_trail, Name=TRAIL)
    line("update-trail", cloudtrail.update_trail, Name=TRAIL,
         CloudWatchLogsLogGroupArn="", CloudWatchLogsRoleArn="")

    # 5.2
    bucket = "mlops-cloudtrail-logs-ap-southeast-1"
    s3 = client("s3")
    for listed in line("s3 rm --recursive", s3.list_objects_v2, Bucket=bucket).get("Contents", []):
        line(f"s3 rm {listed['Key']}", s3.delete_object, Bucket=bucket, Key=listed["Key"])
    line("delete-bucket", client("s3", HOME).delete_bucket, Bucket=bucket)

    # 5.3
    kms = client("kms")
    aliases = line("list-aliases", kms.list_aliases).get("Aliases", [])
    for alias in aliases:
        if alias["AliasName"] == f"alias/{LAB}-cloudtrail-key":
            line("schedule-key-deletion", kms.schedule_key_deletion,
                 KeyId=alias["TargetKeyId"], PendingWindowInDays=7)

    # 5.4
    iam = client("iam")
    for role in ROLES:
        attached = line(f"list-attached-role-policies {role}",
                        iam.list_attached_role_policies, RoleName=role)
        for policy in attached.get("AttachedPolicies", []):
            line(f"detach-role-policy {policy['PolicyName']}", iam.detach_role_policy,
                 RoleName=role, PolicyArn=policy["PolicyArn"])
        inline = line(f"list-role-policies {role}", iam.list_role_policies, RoleName=role)
        for name in inline.get("PolicyNames", []):
            line(f"delete-role-policy {name}", iam.delete_role_policy,
                 RoleName=role, PolicyName=name)
        line(f"delete-role {role}", iam.delete_role, RoleName=role)

    # 5.5
    logs = client("logs")
    for group in (f"/aws/containerinsights/{CLUSTER}/application", "mlops-cloudtrail-log-group"):
        line(f"delete-log-group {group}", logs.delete_log_group, logGroupName=group)
    line("delete-addon", client("eks").delete_addon,
         clusterName=CLUSTER, addonName="amazon-cloudwatch-observability")

    # 5.6
    ecr = client("ecr")
    repository = "mlops/retail-api"
    line("batch-delete-image dev staging", ecr.batch_delete_image, repositoryName=repository,
         imageIds=[{"imageTag": "dev"}, {"imageTag": "staging"}])
    untagged = line("describe-images UNTAGGED", ecr.describe_images,
                    repositoryName=repository, filter={"tagStatus": "UNTAGGED"})
    for image in untagged.get("imageDetails", []):
        line("batch-delete-image untagged", ecr.batch_delete_image, repositoryName=repository,
             imageIds=[{"imageDigest": image["imageDigest"]}])

    # 5.7
    sagemaker = client("sagemaker")
    running = line("list-training-jobs", sagemaker.list_training_jobs,
                   NameContains="retail-", StatusEquals="InProgress")
    for job in running.get("TrainingJobSummaries", []):
        line("stop-training-job", sagemaker.stop_training_job,
             TrainingJobName=job["TrainingJobName"])
    endpoints = line("list-endpoints", sagemaker.list_endpoints, NameContains="retail-")
    for endpoint in endpoints.get("Endpoints", []):
        if endpoint["EndpointStatus"] == "Failed":
            line("delete-endpoint", sagemaker.delete_endpoint,
                 EndpointName=endpoint["EndpointName"])
    pending = line("list-model-packages", sagemaker.list_model_packages,
                   ModelPackageGroupName="retail-forecast-models",
                   ModelApprovalStatus="PendingManualApproval")
    for package in pending.get("ModelPackageSummaryList", []):
        line("delete-model-package", sagemaker.delete_model_package,
             ModelPackageName=package["ModelPackageArn"])
