"""The guide's lab, step by step, as far as the emulator has the operations."""

import json

from world import ACCOUNT, CLUSTERS, GLOBAL, HOME, LAB, allow, arn, role_arn, tags

TRAIL = "mlops-retail-prediction-audit-trail"
# One bucket, and the guide spells it in three ways: people end up with all of them.
TRAIL_BUCKETS = (
    "mlops-cloudtrail-logs-ap-southeast-1",
    f"mlops-cloudtrail-logs-ap-southeast-1-{ACCOUNT}",
    f"mlops-cloudtrail-logs-us-east-1-{ACCOUNT}",
)
TRAIL_ROLE = "CloudTrail_CloudWatchLogs_Role"
CLUSTER = "mlops-retail-cluster"
ENDPOINT = "retail-forecast-endpoint"
DATA = f"{LAB}-{ACCOUNT}"
SUBNETS = ["subnet-0a1b2c3d4e5f60001", "subnet-0a1b2c3d4e5f60002"]
SKLEARN = "121021644041.dkr.ecr.ap-southeast-1.amazonaws.com/sagemaker-scikit-learn:1.2-1"


def build(world, full):
    execution = roles(world)
    trail(world)
    data(world)
    image = world.repository(
        "lab", "mlops/retail-api", CLUSTERS, ["dev"], ["staging"], ["v1", "latest"], [], []
    )
    cluster(world)
    sagemaker(world, execution, f"{image}:v1")
    jobs(world, execution, f"{image}:v1", full)
    if full:
        registry(world)


def roles(world):
    iam = world.client("iam")
    access = world.policy(
        "lab", f"{LAB}-s3-access", allow("s3:*", f"arn:aws:s3:::{DATA}/*"), versions=3
    )
    boundary = world.policy("lab", f"{LAB}-boundary", allow("s3:*"))
    world.role(
        "lab", f"{LAB}-eks-cluster-role", "eks.amazonaws.com", ["AmazonEKSClusterPolicy"]
    )
    nodes = f"{LAB}-eks-nodegroup-role"
    world.role("lab", nodes, "ec2.amazonaws.com", [
        "AmazonEKSWorkerNodePolicy",
        "AmazonEKS_CNI_Policy",
        "AmazonEC2ContainerRegistryReadOnly",
        "CloudWatchAgentServerPolicy",
    ])
    profile = f"{LAB}-eks-nodegroup-profile"
    iam.create_instance_profile(InstanceProfileName=profile)
    iam.add_role_to_instance_profile(InstanceProfileName=profile, RoleName=nodes)
    world.add("lab", "iam:instance-profile", profile, GLOBAL)
    world.role(
        "lab",
        f"{LAB}-eks-fargate-role",
        "eks-fargate-pods.amazonaws.com",
        ["AmazonEKSFargatePodExecutionRolePolicy"],
        PermissionsBoundary=boundary,
    )
    return world.role(
        "lab",
        f"{LAB}-sagemaker-execution",
        "sagemaker.amazonaws.com",
        ["AmazonSageMakerFullAccess", "AmazonS3FullAccess", "CloudWatchLogsFullAccess", access],
        {"SageMakerEC2Access": allow(["ec2:DescribeVpcs", "ec2:CreateNetworkInterface"])},
        Tags=tags(Project="MLOps-Retail-Prediction", Environment="dev"),
    )


def trail(world):
    key = world.key(
        "lab",
        f"alias/{LAB}-cloudtrail-key",
        Description="KMS key for CloudTrail logs encryption",
        Tags=[{"TagKey": "Project", "TagValue": "MLOps-Retail-Prediction"}],
    )
    for bucket in TRAIL_BUCKETS:
        trail_bucket(world, bucket, key)
    logs = world.log_group("lab", "mlops-cloudtrail-log-group")
    role = world.role(
        "lab",
        TRAIL_ROLE,
        "cloudtrail.amazonaws.com",
        inline={"CloudTrailLogs": allow(["logs:CreateLogStream", "logs:PutLogEvents"], logs)},
    )
    cloudtrail = world.client("cloudtrail", HOME)
    cloudtrail.create_trail(
        Name=TRAIL,
        S3BucketName=TRAIL_BUCKETS[0],
        S3KeyPrefix="mlops-logs",
        IsMultiRegionTrail=True,
        IncludeGlobalServiceEvents=True,
        EnableLogFileValidation=True,
        KmsKeyId=key,
        CloudWatchLogsLogGroupArn=logs,
        CloudWatchLogsRoleArn=role,
    )
    cloudtrail.start_logging(Name=TRAIL)
    world.add("lab", "cloudtrail:trail", TRAIL, HOME)


def trail_bucket(world, name, key):
    """Versioned, so that what `aws s3 rm` leaves is versions, markers and unfinished uploads."""
    world.bucket("lab", name, key=key, versioned=True)
    s3 = world.client("s3")
    statement = {
        "Sid": "AWSCloudTrailWrite",
        "Effect": "Allow",
        "Principal": {"Service": "cloudtrail.amazonaws.com"},
        "Action": "s3:PutObject",
        "Resource": f"arn:aws:s3:::{name}/mlops-logs/AWSLogs/{ACCOUNT}/*",
    }
    s3.put_bucket_policy(
        Bucket=name, Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    )
    folder = f"mlops-logs/AWSLogs/{ACCOUNT}/CloudTrail/us-east-1/2025/08/30"
    for number in range(6):
        log = f"{folder}/{ACCOUNT}_CloudTrail_{number:04}.json.gz"
        for version in range(1 + number % 3):
            s3.put_object(Bucket=name, Key=log, Body=f"events {version}".encode())
    s3.delete_object(Bucket=name, Key=f"{folder}/{ACCOUNT}_CloudTrail_0002.json.gz")
    s3.delete_object(Bucket=name, Key=f"{folder}/never-there & <odd>/名.json.gz")
    s3.create_multipart_upload(Bucket=name, Key=f"{folder}/unfinished.json.gz")


def data(world):
    for name, region in ((DATA, HOME), (f"{DATA}-apse1", CLUSTERS)):
        world.bucket("lab", name, region, tags=tags(Project="MLOps-Retail-Prediction"))
        s3 = world.client("s3", region)
        for key in ("gold/sales.parquet", "gold/stores.parquet", "artifacts/model.tar.gz"):
            s3.put_object(Bucket=name, Key=key, Body=b"0123456789")


def cluster(world):
    eks = world.client("eks", CLUSTERS)
    made = eks.create_cluster(
        name=CLUSTER,
        roleArn=role_arn(f"{LAB}-eks-cluster-role"),
        resourcesVpcConfig={"subnetIds": SUBNETS},
        logging={"clusterLogging": [{"types": ["api", "audit"], "enabled": True}]},
        tags={"Project": "MLOps-Retail-Prediction"},
    )["cluster"]
    world.add("lab", "eks:cluster", CLUSTER, CLUSTERS)
    for nodegroup in ("retail-api-nodes", "retail-batch-nodes"):
        eks.create_nodegroup(
            clusterName=CLUSTER,
            nodegroupName=nodegroup,
            subnets=SUBNETS,
            nodeRole=role_arn(f"{LAB}-eks-nodegroup-role"),
            scalingConfig={"minSize": 1, "maxSize": 3, "desiredSize": 2},
        )
        world.add("lab", "eks:nodegroup", f"{CLUSTER}/{nodegroup}", CLUSTERS)
    for profile in ("retail-api", "retail-jobs"):
        eks.create_fargate_profile(
            clusterName=CLUSTER,
            fargateProfileName=profile,
            podExecutionRoleArn=role_arn(f"{LAB}-eks-fargate-role"),
            subnets=SUBNETS,
            selectors=[{"namespace": profile}],
        )
        world.add("lab", "eks:fargate-profile", f"{CLUSTER}/{profile}", CLUSTERS)

    issuer = made["identity"]["oidc"]["issuer"]
    provider = world.client("iam").create_open_id_connect_provider(
        Url=issuer, ClientIDList=["sts.amazonaws.com"], ThumbprintList=["9" * 40]
    )["OpenIDConnectProviderArn"]
    world.add("lab", "iam:oidc-provider", provider, GLOBAL)
    subject = f"{issuer.removeprefix('https://')}:sub"
    world.role(
        "lab",
        f"{LAB}-irsa-retail-api",
        json.dumps({
            "Version": "2012-10-17",
            "Statement": [{
                "Effect": "Allow",
                "Principal": {"Federated": provider},
                "Action": "sts:AssumeRoleWithWebIdentity",
                "Condition": {
                    "StringEquals": {subject: "system:serviceaccount:retail-api:retail-api"}
                },
            }],
        }),
        [arn("iam", GLOBAL, f"policy/{LAB}-s3-access")],
    )
    world.log_group("lab", f"/aws/eks/{CLUSTER}/cluster", CLUSTERS)
    for what in ("application", "dataplane", "host", "performance"):
        world.log_group("lab", f"/aws/containerinsights/{CLUSTER}/{what}", CLUSTERS)


def sagemaker(world, execution, image):
    sagemaker = world.client("sagemaker", HOME)
    project = tags(Project="MLOps-Retail-Prediction")
    sagemaker.create_model(
        ModelName="retail-forecast-model",
        ExecutionRoleArn=execution,
        PrimaryContainer={
            "Image": image,
            "ModelDataUrl": f"s3://{DATA}/artifacts/model.tar.gz",
            "Environment": {"API_TOKEN": "planted-secret"},
        },
    )
    world.add("lab", "sagemaker:model", "retail-forecast-model", HOME)
    sagemaker.create_endpoint_config(
        EndpointConfigName="retail-forecast-config",
        ProductionVariants=[{
            "VariantName": "AllTraffic",
            "ModelName": "retail-forecast-model",
            "InitialInstanceCount": 1,
            "InstanceType": "ml.m5.large",
            "InitialVariantWeight": 1.0,
        }],
        DataCaptureConfig={
            "EnableCapture": True,
            "InitialSamplingPercentage": 100,
            "DestinationS3Uri": f"s3://{DATA}/capture",
            "CaptureOptions": [{"CaptureMode": "Input"}],
        },
    )
    world.add("lab", "sagemaker:endpoint-config", "retail-forecast-config", HOME)
    sagemaker.create_endpoint(
        EndpointName=ENDPOINT, EndpointConfigName="retail-forecast-config", Tags=project
    )
    world.add("lab", "sagemaker:endpoint", ENDPOINT, HOME)
    world.log_group("lab", f"/aws/sagemaker/Endpoints/{ENDPOINT}", HOME)

    sagemaker.create_notebook_instance(
        NotebookInstanceName="retail-forecast-notebook",
        InstanceType="ml.t3.medium",
        RoleArn=execution,
    )
    world.add("lab", "sagemaker:notebook-instance", "retail-forecast-notebook", HOME)
    domain = sagemaker.create_domain(
        DomainName="retail-forecast-studio",
        AuthMode="IAM",
        DefaultUserSettings={"ExecutionRole": execution},
        SubnetIds=SUBNETS,
        VpcId="vpc-0a1b2c3d4e5f60001",
    )["DomainArn"]
    world.add("lab", "sagemaker:domain", domain.rsplit("/", 1)[1], HOME)
    sagemaker.create_pipeline(
        PipelineName="retail-forecast-pipeline",
        PipelineDefinition=json.dumps({"Version": "2020-12-01", "Steps": []}),
        ClientRequestToken="0123456789abcdef0123456789abcdef",
        RoleArn=execution,
    )
    world.add("lab", "sagemaker:pipeline", "retail-forecast-pipeline", HOME)


def registry(world):
    """Moto has no operation that removes a package or a group."""
    sagemaker = world.client("sagemaker", HOME)
    group = "retail-forecast-models"
    sagemaker.create_model_package_group(ModelPackageGroupName=group)
    world.add("unremovable", "sagemaker:model-package-group", group, HOME)
    for approval in ("Approved", "PendingManualApproval", "PendingManualApproval"):
        container = {"Image": SKLEARN, "ModelDataUrl": f"s3://{DATA}/artifacts/model.tar.gz"}
        package = sagemaker.create_model_package(
            ModelPackageGroupName=group,
            ModelApprovalStatus=approval,
            InferenceSpecification={
                "Containers": [container],
                "SupportedContentTypes": ["text/csv"],
                "SupportedResponseMIMETypes": ["text/csv"],
            },
        )["ModelPackageArn"]
        world.add("unremovable", "sagemaker:model-package", package, HOME)


def jobs(world, execution, image, full):
    sagemaker = world.client("sagemaker", HOME)
    cluster = {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 10}
    source = {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": f"s3://{DATA}/gold"}}
    training = {
        "AlgorithmSpecification": {"TrainingImage": image, "TrainingInputMode": "File"},
        "RoleArn": execution,
        "OutputDataConfig": {"S3OutputPath": f"s3://{DATA}/artifacts"},
        "ResourceConfig": cluster,
        "StoppingCondition": {"MaxRuntimeInSeconds": 3600},
    }
    sagemaker.create_hyper_parameter_tuning_job(
        HyperParameterTuningJobName="retail-forecast-tuning",
        HyperParameterTuningJobConfig={
            "Strategy": "Bayesian",
            "ResourceLimits": {"MaxNumberOfTrainingJobs": 2, "MaxParallelTrainingJobs": 1},
        },
        TrainingJobDefinition={
            **training,
            "AlgorithmSpecification": {"TrainingImage": image, "TrainingInputMode": "File"},
        },
    )
    world.add("lab", "sagemaker:hyper-parameter-tuning-job", "retail-forecast-tuning", HOME)
    # SageMaker has no DeleteTransformJob: it stays as history.
    sagemaker.create_transform_job(
        TransformJobName="retail-forecast-transform",
        ModelName="retail-forecast-model",
        TransformInput={"DataSource": source},
        TransformOutput={"S3OutputPath": f"s3://{DATA}/scores"},
        TransformResources={"InstanceType": "ml.m5.large", "InstanceCount": 1},
    )
    world.add("kept", "sagemaker:transform-job", "retail-forecast-transform", HOME)
    if not full:
        return
    for name in ("retail-forecast-training", "retail-forecast-training-2"):
        sagemaker.create_training_job(TrainingJobName=name, **training)
        world.add("unremovable", "sagemaker:training-job", name, HOME)
    sagemaker.create_processing_job(
        ProcessingJobName="retail-forecast-features",
        AppSpecification={"ImageUri": image},
        ProcessingResources={"ClusterConfig": cluster},
        RoleArn=execution,
    )
    world.add("unremovable", "sagemaker:processing-job", "retail-forecast-features", HOME)
    sagemaker.create_notebook_instance_lifecycle_config(
        NotebookInstanceLifecycleConfigName="retail-forecast-setup"
    )
    world.add(
        "unremovable", "sagemaker:notebook-lifecycle-config", "retail-forecast-setup", HOME
    )
