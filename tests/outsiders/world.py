"""Clients, and the list of what was made, as the other files here need them."""

import hashlib
import json

import boto3
from botocore.config import Config

ACCOUNT = "842676018087"
HOME = "us-east-1"  # trail, buckets, SageMaker
CLUSTERS = "ap-southeast-1"  # EKS and the images that it runs
ELSEWHERE = "eu-west-1"  # a region that the lab's manifest does not name
GLOBAL = "global"

LAB = "mlops-retail-prediction-dev"


def arn(service, region, rest):
    return f"arn:aws:{service}:{'' if region == GLOBAL else region}:{ACCOUNT}:{rest}"


def role_arn(name):
    return arn("iam", GLOBAL, f"role/{name}")


def trust(*services):
    return json.dumps({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Principal": {"Service": list(services)},
            "Action": "sts:AssumeRole",
        }],
    })


def allow(action, resource="*"):
    return json.dumps({
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": action, "Resource": resource}],
    })


def tags(upper=True, **pairs):
    key, value = ("Key", "Value") if upper else ("key", "value")
    return [{key: name, value: text} for name, text in pairs.items()]


class World:
    """An account behind one endpoint, and what became of it."""

    # lab: must be gone. kept, blocked: lab-named, must stay. neighbours: must not change at all.
    # unremovable: the lab's, but the emulator has no operation that removes or lists it.
    LISTS = ("lab", "kept", "blocked", "neighbours", "unremovable")

    def __init__(self, endpoint):
        self.endpoint = endpoint
        self.clients = {}
        self.made = {name: [] for name in self.LISTS}

    def client(self, service, region=HOME):
        region = HOME if region == GLOBAL else region
        if (service, region) not in self.clients:
            self.clients[service, region] = boto3.client(
                service,
                region_name=region,
                endpoint_url=self.endpoint,
                aws_access_key_id="AKIAIOSFODNN7EXAMPLE",
                aws_secret_access_key="not-a-secret",
                config=Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}),
            )
        return self.clients[service, region]

    def add(self, where, kind, id, region):
        self.made[where].append({"kind": kind, "id": id, "region": region})
        return id

    # What several things need, whoever they belong to.

    def role(self, where, name, trusted, managed=(), inline=None, **more):
        iam = self.client("iam")
        trusted = trusted if trusted.startswith("{") else trust(trusted)
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=trusted, **more)
        for policy in managed:
            policy = policy if policy.startswith("arn:") else f"arn:aws:iam::aws:policy/{policy}"
            iam.attach_role_policy(RoleName=name, PolicyArn=policy)
        for policy, document in (inline or {}).items():
            iam.put_role_policy(RoleName=name, PolicyName=policy, PolicyDocument=document)
        self.add(where, "iam:role", name, GLOBAL)
        return role_arn(name)

    def policy(self, where, name, document, versions=1):
        iam = self.client("iam")
        made = iam.create_policy(PolicyName=name, PolicyDocument=document)["Policy"]["Arn"]
        for _ in range(versions - 1):
            iam.create_policy_version(PolicyArn=made, PolicyDocument=document, SetAsDefault=True)
        return self.add(where, "iam:policy", made, GLOBAL)

    def key(self, where, alias, region=HOME, **more):
        kms = self.client("kms", region)
        key = kms.create_key(**more)["KeyMetadata"]
        kms.create_alias(AliasName=alias, TargetKeyId=key["KeyId"])
        self.add(where, "kms:key", key["KeyId"], region)
        self.add(where, "kms:alias", alias, region)
        return key["Arn"]

    def bucket(self, where, name, region=HOME, key=None, versioned=False, tags=None):
        s3 = self.client("s3", region)
        more = {}
        if region != "us-east-1":
            more["CreateBucketConfiguration"] = {"LocationConstraint": region}
        s3.create_bucket(Bucket=name, **more)
        if versioned:
            s3.put_bucket_versioning(
                Bucket=name, VersioningConfiguration={"Status": "Enabled"}
            )
        if key:
            rule = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}
            s3.put_bucket_encryption(
                Bucket=name,
                ServerSideEncryptionConfiguration={
                    "Rules": [{"ApplyServerSideEncryptionByDefault": rule}]
                },
            )
        if tags:
            s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": tags})
        return self.add(where, "s3:bucket", name, region)

    def log_group(self, where, name, region=HOME, key=None, days=30):
        logs = self.client("logs", region)
        logs.create_log_group(logGroupName=name, **({"kmsKeyId": key} if key else {}))
        logs.put_retention_policy(logGroupName=name, retentionInDays=days)
        logs.create_log_stream(logGroupName=name, logStreamName="first")
        self.add(where, "logs:log-group", name, region)
        return arn("logs", region, f"log-group:{name}:*")

    def repository(self, where, name, region, *images):
        """`images`: the tags of each; none for one that is untagged."""
        ecr = self.client("ecr", region)
        made = ecr.create_repository(repositoryName=name)["repository"]
        self.add(where, "ecr:repository", name, region)
        for number, image_tags in enumerate(images):
            manifest = image_manifest(name, number)
            digest = None
            for tag in image_tags or [f"moved-{number}"]:
                digest = ecr.put_image(
                    repositoryName=name, imageManifest=manifest, imageTag=tag
                )["image"]["imageId"]["imageDigest"]
            if not image_tags:
                ecr.batch_delete_image(
                    repositoryName=name, imageIds=[{"imageTag": f"moved-{number}"}]
                )
                left = ecr.describe_images(repositoryName=name)["imageDetails"]
                if digest not in [image["imageDigest"] for image in left]:
                    # The last tag took the image with it, as on AWS: push it without one.
                    digest = ecr.put_image(
                        repositoryName=name, imageManifest=manifest, imageDigest=digest
                    )["image"]["imageId"]["imageDigest"]
            self.add(where, "ecr:image", f"{name}@{digest}", region)
        return made["repositoryUri"]


def image_manifest(name, number):
    blob = "sha256:" + hashlib.sha256(f"{name} {number}".encode()).hexdigest()
    return json.dumps({
        "schemaVersion": 2,
        "mediaType": "application/vnd.docker.distribution.manifest.v2+json",
        "config": {
            "mediaType": "application/vnd.docker.container.image.v1+json",
            "size": 7023 + number,
            "digest": blob,
        },
        "layers": [{
            "mediaType": "application/vnd.docker.image.rootfs.diff.tar.gzip",
            "size": 32654 + number,
            "digest": blob,
        }],
    })
