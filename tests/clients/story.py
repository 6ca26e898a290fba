"""The life of a key store, its recovery from a cluster backup included, as a Python application does it with boto3.

Reads one JSON object from standard input: what `hsm-sim up --json` printed, and `program`, the path of hsm-sim. Prints a line per finished step.
"""

import json
import subprocess
import sys
import time

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

ready = json.load(sys.stdin)
STORE = ready["custom_key_store_id"]
CLUSTER = ready["cluster_id"]
CONTEXT = {"application": "story", "language": "python"}


def client(service):
    return boto3.client(
        service,
        endpoint_url=ready["endpoint"],
        region_name=ready["region"],
        aws_access_key_id=ready["access_key_id"],
        aws_secret_access_key=ready["secret_access_key"],
        config=Config(retries={"total_max_attempts": 1}),
    )


kms, cloudhsm, cloudtrail = client("kms"), client("cloudhsmv2"), client("cloudtrail")


def wait(what, condition):
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.02)


def fails(code, call, **parameters):
    try:
        answer = call(**parameters)
    except ClientError as error:
        assert error.response["Error"]["Code"] == code, error
        assert error.response["ResponseMetadata"]["RequestId"], error.response
        return error.response["Error"]["Message"]
    raise AssertionError(f"expected {code}, got {answer}")


def store():
    (entry,) = kms.describe_custom_key_stores(CustomKeyStoreId=STORE)["CustomKeyStores"]
    return entry


def connect():
    kms.connect_custom_key_store(CustomKeyStoreId=STORE)
    wait("connecting ends", lambda: store()["ConnectionState"] != "CONNECTING")
    return store()["ConnectionState"], store().get("ConnectionErrorCode")


def disconnect():
    kms.disconnect_custom_key_store(CustomKeyStoreId=STORE)
    wait("DISCONNECTED", lambda: store()["ConnectionState"] == "DISCONNECTED")


def hsm_sim(*arguments, script=None):
    command = [ready["program"], arguments[0], "--dir", ready["dir"], *arguments[1:]]
    done = subprocess.run(command, input=script, text=True, capture_output=True, timeout=60)
    assert done.returncode == 0, (command, script, done.stdout, done.stderr)
    return done.stdout


def officer(cluster, commands):
    script = f"loginHSM CO {ready['co_user']} {ready['co_password']}\n{commands}\nlogoutHSM\nquit\n"
    return hsm_sim("cloudhsm_mgmt_util", "--cluster", cluster, script=script)


def kmsuser(commands):
    script = f"loginHSM -u CU -s kmsuser -p tempPassword\n{commands}\nlogoutHSM\nexit\n"
    return hsm_sim("key_mgmt_util", "--cluster", CLUSTER, script=script)


def step(name):
    print(name, flush=True)


# Use.
assert store()["ConnectionState"] == "CONNECTED", store()
metadata = kms.create_key(Origin="AWS_CLOUDHSM", CustomKeyStoreId=STORE)["KeyMetadata"]
key = metadata["Arn"]
assert metadata["KeyState"] == "Enabled" and metadata["Origin"] == "AWS_CLOUDHSM", metadata
kms.create_alias(AliasName="alias/python", TargetKeyId=key)
blob = kms.encrypt(KeyId="alias/python", Plaintext=b"\x00binary\xff", EncryptionContext=CONTEXT)["CiphertextBlob"]
answer = kms.decrypt(CiphertextBlob=blob, EncryptionContext=CONTEXT)
assert answer["Plaintext"] == b"\x00binary\xff" and answer["KeyId"] == key, answer
fails("InvalidCiphertextException", kms.decrypt, CiphertextBlob=blob, EncryptionContext={"application": "other"})
fails("IncorrectKeyException", kms.decrypt, CiphertextBlob=blob, EncryptionContext=CONTEXT, KeyId=ready["key_arn"])
data_key = kms.generate_data_key(KeyId=key, NumberOfBytes=64)
assert len(data_key["Plaintext"]) == 64 and kms.decrypt(CiphertextBlob=data_key["CiphertextBlob"])["Plaintext"] == data_key["Plaintext"]
assert len(kms.generate_random(NumberOfBytes=24, CustomKeyStoreId=STORE)["Plaintext"]) == 24
step("used")

# Paginate.
keys = [entry["KeyArn"] for page in kms.get_paginator("list_keys").paginate(PaginationConfig={"PageSize": 1}) for entry in page["Keys"]]
assert sorted(keys) == sorted({key, ready["key_arn"]}), keys
aliases = [entry["AliasName"] for page in kms.get_paginator("list_aliases").paginate(PaginationConfig={"PageSize": 1}) for entry in page["Aliases"]]
assert {"alias/demo", "alias/python"} <= set(aliases), aliases
step("listed")

# Lose the key material.
hsm_sim("clock", "advance", "25h")
disconnect()
fails("KMSInvalidStateException", kms.encrypt, KeyId=key, Plaintext=b"x")
officer(CLUSTER, "changePswd CU kmsuser tempPassword\ny")
found = kmsuser(f"findKey -l {key}").splitlines()
position = next(number for number, line in enumerate(found) if "number of keys matched" in line)
kmsuser(f"deleteKey -k {found[position + 1].strip()}")
kms.update_custom_key_store(CustomKeyStoreId=STORE, KeyStorePassword="tempPassword")
assert connect() == ("CONNECTED", None)
fails("KMSInvalidStateException", kms.decrypt, CiphertextBlob=blob, EncryptionContext=CONTEXT)
hsm_sim("clock", "advance", "10m")
assert kms.describe_key(KeyId=key)["KeyMetadata"]["KeyState"] == "Unavailable"
step("lost")

# Recover it.
backups = cloudhsm.describe_backups(Filters={"clusterIds": [CLUSTER], "states": ["READY"]})["Backups"]
backup = max(backups, key=lambda backup: backup["CreateTimestamp"])
original = cloudhsm.describe_clusters(Filters={"clusterIds": [CLUSTER]})["Clusters"][0]
subnets = original["SubnetMapping"]
restored = cloudhsm.create_cluster(HsmType="hsm1.medium", SubnetIds=list(subnets.values()), SourceBackupId=backup["BackupId"])["Cluster"]["ClusterId"]


def shown():
    return cloudhsm.describe_clusters(Filters={"clusterIds": [restored]})["Clusters"][0]


wait("the restored cluster is ACTIVE", lambda: shown()["State"] == "ACTIVE")
assert shown()["Certificates"]["ClusterCertificate"] == original["Certificates"]["ClusterCertificate"]
for zone in sorted(subnets)[:2]:
    cloudhsm.create_hsm(ClusterId=restored, AvailabilityZone=zone)
wait("both HSMs are ACTIVE", lambda: [hsm["State"] for hsm in shown()["Hsms"]] == ["ACTIVE", "ACTIVE"])
disconnect()
kms.update_custom_key_store(CustomKeyStoreId=STORE, CloudHsmClusterId=restored)
assert connect() == ("FAILED", "INVALID_CREDENTIALS")
fails("CustomKeyStoreInvalidStateException", kms.connect_custom_key_store, CustomKeyStoreId=STORE)
disconnect()
officer(restored, "changePswd CU kmsuser tempPassword\ny")
kms.update_custom_key_store(CustomKeyStoreId=STORE, KeyStorePassword="tempPassword")
assert connect() == ("CONNECTED", None)
assert kms.decrypt(CiphertextBlob=blob, EncryptionContext=CONTEXT)["Plaintext"] == b"\x00binary\xff"
assert kms.describe_key(KeyId=key)["KeyMetadata"]["KeyState"] == "Enabled"
step("recovered")

# Read the trail.
attributes = [{"AttributeKey": "EventName", "AttributeValue": "UpdateCustomKeyStore"}]
events = [event for page in cloudtrail.get_paginator("lookup_events").paginate(LookupAttributes=attributes) for event in page["Events"]]
assert len(events) == 3, events
record = json.loads(events[0]["CloudTrailEvent"])
assert record["requestParameters"]["customKeyStoreId"] == STORE, record
assert "tempPassword" not in json.dumps(events, default=str)
step("audited")
