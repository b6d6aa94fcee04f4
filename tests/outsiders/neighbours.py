"""Other people's things: what only looks like the lab's, and what shares something with it."""

import json

from guide import CLUSTER, SUBNETS, TRAIL, TRAIL_ROLE
from world import ACCOUNT, CLUSTERS, ELSEWHERE, GLOBAL, HOME, LAB, allow, role_arn, tags

PROD = f"{CLUSTER}-prod"


def build(world):
    look_alikes(world)
    production(world)
    sharers(world)
    kept = world.bucket("kept", f"{LAB}-shared-datasets", tags=tags(**{"dismantle:keep": "team b"}))
    world.client("s3").put_object(Bucket=kept, Key="sales.csv", Body=b"1,2,3")


def look_alikes(world):
    """Names that share letters with the lab's, and nothing else."""
    key = world.key("neighbours", f"alias/{LAB}ops-key", Description="devops, not dev")
    bucket = world.bucket("neighbours", f"{LAB}ops-artifacts", key=key, versioned=True)
    s3 = world.client("s3")
    for body in (b"one", b"two"):
        s3.put_object(Bucket=bucket, Key="build.zip", Body=body)
    policy = world.policy("neighbours", f"{LAB}ops-deploy", allow("s3:*"), versions=2)
    world.role(
        "neighbours",
        f"{LAB}ops-pipeline",
        "codebuild.amazonaws.com",
        [policy],
        {"Deploy": allow("eks:*")},
    )
    world.log_group("neighbours", f"{LAB}ops", key=key)

    archive = world.bucket("neighbours", f"mlops-cloudtrail-logsarchive-{ACCOUNT}", versioned=True)
    logs = world.log_group("neighbours", "mlops-cloudtrail-log-group-prod")
    role = world.role(
        "neighbours",
        f"{TRAIL_ROLE}_Prod",
        "cloudtrail.amazonaws.com",
        inline={"CloudTrailLogs": allow("logs:PutLogEvents", logs)},
    )
    cloudtrail = world.client("cloudtrail", HOME)
    cloudtrail.create_trail(
        Name=f"{TRAIL}-prod",
        S3BucketName=archive,
        CloudWatchLogsLogGroupArn=logs,
        CloudWatchLogsRoleArn=role,
    )
    cloudtrail.start_logging(Name=f"{TRAIL}-prod")
    world.add("neighbours", "cloudtrail:trail", f"{TRAIL}-prod", HOME)
    world.repository("neighbours", "mlops/retail-api-prod", CLUSTERS, ["dev", "v7"], [])

    sagemaker = world.client("sagemaker", HOME)
    sagemaker.create_model_package_group(ModelPackageGroupName="retailer-site-models")
    world.add("neighbours", "sagemaker:model-package-group", "retailer-site-models", HOME)


def production(world):
    """The production cluster beside the lab's: its name begins with the lab cluster's."""
    role = world.role(
        "neighbours", f"{PROD}-role", "eks.amazonaws.com", ["AmazonEKSClusterPolicy"]
    )
    nodes = world.role(
        "neighbours", f"{PROD}-nodes", "ec2.amazonaws.com", ["AmazonEKSWorkerNodePolicy"]
    )
    eks = world.client("eks", CLUSTERS)
    issuer = eks.create_cluster(
        name=PROD, roleArn=role, resourcesVpcConfig={"subnetIds": SUBNETS}
    )["cluster"]["identity"]["oidc"]["issuer"]
    world.add("neighbours", "eks:cluster", PROD, CLUSTERS)
    eks.create_nodegroup(
        clusterName=PROD, nodegroupName="retail-api-nodes", subnets=SUBNETS, nodeRole=nodes
    )
    world.add("neighbours", "eks:nodegroup", f"{PROD}/retail-api-nodes", CLUSTERS)
    iam = world.client("iam")
    provider = iam.create_open_id_connect_provider(Url=issuer, ThumbprintList=["8" * 40])
    provider = provider["OpenIDConnectProviderArn"]
    world.add("neighbours", "iam:oidc-provider", provider, GLOBAL)
    world.role(
        "neighbours",
        f"{PROD}-irsa",
        json.dumps({
            "Version": "2012-10-17",
            "Statement": [{
                "Effect": "Allow",
                "Principal": {"Federated": provider},
                "Action": "sts:AssumeRoleWithWebIdentity",
            }],
        }),
    )
    world.log_group("neighbours", f"/aws/eks/{PROD}/cluster", CLUSTERS)
    for what in ("application", "performance"):
        world.log_group("neighbours", f"/aws/containerinsights/{PROD}/{what}", CLUSTERS)


def sharers(world):
    """Neighbours that use something of the lab's: what they use is blocked."""
    iam = world.client("iam")
    key = world.key("blocked", f"alias/{LAB}-shared-key", Description="shared with retailer-site")
    by_alias = f"arn:aws:kms:{HOME}:{ACCOUNT}:alias/{LAB}-shared-key"
    world.bucket("neighbours", "retailer-site-assets", key=by_alias)
    world.log_group("neighbours", "/retailer-site/web", key=key)

    read = world.policy("blocked", f"{LAB}-shared-read", allow("s3:GetObject"), versions=2)
    write = world.policy("blocked", f"{LAB}-shared-write", allow("s3:PutObject"))
    fence = world.policy("blocked", f"{LAB}-shared-boundary", allow("*"))
    ranking = world.role(
        "neighbours",
        "retailer-site-ranking-role",
        "sagemaker.amazonaws.com",
        [read],
        PermissionsBoundary=fence,
    )
    iam.create_group(GroupName="retailer-site-team")
    iam.attach_group_policy(GroupName="retailer-site-team", PolicyArn=write)
    world.add("neighbours", "iam:group", "retailer-site-team", GLOBAL)
    iam.create_user(UserName="retailer-site-deployer")
    iam.add_user_to_group(GroupName="retailer-site-team", UserName="retailer-site-deployer")
    iam.attach_user_policy(UserName="retailer-site-deployer", PolicyArn=read)
    iam.create_access_key(UserName="retailer-site-deployer")
    world.add("neighbours", "iam:user", "retailer-site-deployer", GLOBAL)

    # A trail of theirs that logs into a bucket of the lab's.
    bucket = world.bucket("blocked", f"{LAB}-shared-logs")
    world.client("s3").put_object(Bucket=bucket, Key="AWSLogs/1.json.gz", Body=b"events")
    world.client("cloudtrail", HOME).create_trail(Name="retailer-site-trail", S3BucketName=bucket)
    world.add("neighbours", "cloudtrail:trail", "retailer-site-trail", HOME)

    # A model of theirs that runs an image of the lab's.
    image = world.repository("blocked", f"{LAB}-base", HOME, ["v1"])
    sagemaker = world.client("sagemaker", HOME)
    sagemaker.create_model(
        ModelName="retailer-site-ranking",
        ExecutionRoleArn=ranking,
        PrimaryContainer={"Image": f"{image}:v1"},
    )
    world.add("neighbours", "sagemaker:model", "retailer-site-ranking", HOME)
    sagemaker.create_endpoint_config(
        EndpointConfigName="retailer-site-ranking",
        ProductionVariants=[{
            "VariantName": "a",
            "ModelName": "retailer-site-ranking",
            "InitialInstanceCount": 1,
            "InstanceType": "ml.m5.large",
        }],
    )
    world.add("neighbours", "sagemaker:endpoint-config", "retailer-site-ranking", HOME)
    sagemaker.create_endpoint(
        EndpointName="retailer-site-ranking", EndpointConfigName="retailer-site-ranking"
    )
    world.add("neighbours", "sagemaker:endpoint", "retailer-site-ranking", HOME)
    world.log_group("neighbours", "/aws/sagemaker/Endpoints/retailer-site-ranking", HOME)

    # A notebook of theirs, in a region that the manifest does not name, with a role of the lab's.
    world.role("blocked", f"{LAB}-shared-notebook-role", "sagemaker.amazonaws.com")
    world.client("sagemaker", ELSEWHERE).create_notebook_instance(
        NotebookInstanceName="retailer-site-notebook",
        InstanceType="ml.t3.medium",
        RoleArn=role_arn(f"{LAB}-shared-notebook-role"),
    )
    world.add("neighbours", "sagemaker:notebook-instance", "retailer-site-notebook", ELSEWHERE)
