"""What a resource looks like from outside: all that its owner could notice. None: it is gone."""

from botocore.exceptions import ClientError

GONE = {
    "404", "NoSuchBucket", "NoSuchEntity", "NotFoundException", "RepositoryNotFoundException",
    "ImageNotFoundException", "ResourceNotFound", "ResourceNotFoundException",
    "TrailNotFoundException",
}


def look(world, thing):
    """The describe output of one resource, without what changes by itself."""
    describe = DESCRIBE[thing["kind"]]
    client = world.client(thing["kind"].split(":")[0], thing["region"])
    try:
        return plain(describe(client, thing["id"]))
    except ClientError as error:
        code, message = error.response["Error"]["Code"], error.response["Error"]["Message"]
        words = ("not find", "does not exist", "not found", "RecordNotFound")
        missing = any(text in message for text in words)
        if code in GONE or (code == "ValidationException" and missing):
            return None
        raise


VOLATILE = {
    "ResponseMetadata", "RoleLastUsed", "lastRecordedPullTime", "LatestDeliveryAttemptTime",
    "LatestDeliveryTime",
}


def plain(value):
    """JSON, in one order, whatever order the emulator keeps things in."""
    if isinstance(value, dict):
        return {k: plain(v) for k, v in sorted(value.items()) if k not in VOLATILE}
    if isinstance(value, (list, tuple)):
        return sorted((plain(item) for item in value), key=str)
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    return str(value)


def optional(call, **arguments):
    """A part that may not be set."""
    try:
        return call(**arguments)
    except ClientError as error:
        return error.response["Error"]["Code"]


def trail(client, id):
    return [
        client.get_trail(Name=id), client.get_trail_status(Name=id),
        optional(client.get_event_selectors, TrailName=id),
    ]


def bucket(client, id):
    client.head_bucket(Bucket=id)
    parts = [
        optional(getattr(client, f"get_bucket_{part}"), Bucket=id)
        for part in ("policy", "encryption", "versioning", "tagging", "acl", "logging",
                     "lifecycle_configuration")
    ]
    versions = client.list_object_versions(Bucket=id)
    return [*parts, versions, client.list_multipart_uploads(Bucket=id).get("Uploads")]


def key(client, id):
    metadata = client.describe_key(KeyId=id)["KeyMetadata"]
    if metadata["KeyState"] in ("PendingDeletion", "PendingReplicaDeletion"):
        return None
    aliases = [alias for alias in client.list_aliases()["Aliases"]
               if alias.get("TargetKeyId") == id]
    policy = client.get_key_policy(KeyId=id, PolicyName="default")["Policy"]
    grants = optional(client.list_grants, KeyId=id)
    return [metadata, aliases, policy, grants, optional(client.list_resource_tags, KeyId=id)]


def alias(client, id):
    pages = client.get_paginator("list_aliases").paginate()
    found = [entry for page in pages for entry in page["Aliases"] if entry["AliasName"] == id]
    return found[0] if found else None


def role(client, id):
    inline = client.list_role_policies(RoleName=id)["PolicyNames"]
    return [
        client.get_role(RoleName=id)["Role"],
        [client.get_role_policy(RoleName=id, PolicyName=name) for name in inline],
        client.list_attached_role_policies(RoleName=id)["AttachedPolicies"],
        [profile["InstanceProfileName"] for profile in
         client.list_instance_profiles_for_role(RoleName=id)["InstanceProfiles"]],
    ]


def policy(client, id):
    versions = client.list_policy_versions(PolicyArn=id)["Versions"]
    documents = [client.get_policy_version(PolicyArn=id, VersionId=version["VersionId"])
                 for version in versions]
    return [client.get_policy(PolicyArn=id)["Policy"], documents]


def user(client, id):
    return [
        client.get_user(UserName=id)["User"],
        client.list_attached_user_policies(UserName=id)["AttachedPolicies"],
        client.list_user_policies(UserName=id)["PolicyNames"],
        client.list_groups_for_user(UserName=id)["Groups"],
        client.list_access_keys(UserName=id)["AccessKeyMetadata"],
    ]


def group(client, id):
    return [
        client.get_group(GroupName=id),
        client.list_attached_group_policies(GroupName=id)["AttachedPolicies"],
        client.list_group_policies(GroupName=id)["PolicyNames"],
    ]


def log_group(client, id):
    found = [one for one in client.describe_log_groups(logGroupNamePrefix=id)["logGroups"]
             if one["logGroupName"] == id]
    if not found:
        return None
    return [found[0], client.describe_log_streams(logGroupName=id)["logStreams"]]


def repository(client, id):
    return [
        client.describe_repositories(repositoryNames=[id])["repositories"],
        client.describe_images(repositoryName=id)["imageDetails"],
        optional(client.get_repository_policy, repositoryName=id),
    ]


def image(client, id):
    name, digest = id.split("@")
    return client.describe_images(repositoryName=name, imageIds=[{"imageDigest": digest}])


def child(operation, parent, name):
    def describe(client, id):
        first, second = id.split("/", 1)
        return getattr(client, operation)(**{parent: first, name: second})
    return describe


def one(operation, argument):
    return lambda client, id: getattr(client, operation)(**{argument: id})


DESCRIBE = {
    "cloudtrail:trail": trail,
    "s3:bucket": bucket,
    "kms:key": key,
    "kms:alias": alias,
    "iam:role": role,
    "iam:policy": policy,
    "iam:user": user,
    "iam:group": group,
    "iam:instance-profile": one("get_instance_profile", "InstanceProfileName"),
    "iam:oidc-provider": one("get_open_id_connect_provider", "OpenIDConnectProviderArn"),
    "logs:log-group": log_group,
    "ecr:repository": repository,
    "ecr:image": image,
    "eks:cluster": one("describe_cluster", "name"),
    "eks:nodegroup": child("describe_nodegroup", "clusterName", "nodegroupName"),
    "eks:fargate-profile": child(
        "describe_fargate_profile", "clusterName", "fargateProfileName"
    ),
    "sagemaker:domain": one("describe_domain", "DomainId"),
    "sagemaker:endpoint": one("describe_endpoint", "EndpointName"),
    "sagemaker:endpoint-config": one("describe_endpoint_config", "EndpointConfigName"),
    "sagemaker:hyper-parameter-tuning-job": one(
        "describe_hyper_parameter_tuning_job", "HyperParameterTuningJobName"
    ),
    "sagemaker:model": one("describe_model", "ModelName"),
    "sagemaker:model-package": one("describe_model_package", "ModelPackageName"),
    "sagemaker:model-package-group": one(
        "describe_model_package_group", "ModelPackageGroupName"
    ),
    "sagemaker:notebook-instance": one("describe_notebook_instance", "NotebookInstanceName"),
    "sagemaker:notebook-lifecycle-config": one(
        "describe_notebook_instance_lifecycle_config", "NotebookInstanceLifecycleConfigName"
    ),
    "sagemaker:pipeline": one("describe_pipeline", "PipelineName"),
    "sagemaker:processing-job": one("describe_processing_job", "ProcessingJobName"),
    "sagemaker:training-job": one("describe_training_job", "TrainingJobName"),
    "sagemaker:transform-job": one("describe_transform_job", "TransformJobName"),
}
