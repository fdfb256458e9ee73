"""CloudFormation types and public parameters that ministack lacks and the templates of the product use."""
import re
import uuid

from labcore.conf import CONF
from ministack.core.responses import get_account_id
from ministack.services import ec2, eks, ssm
from ministack.services.cloudformation import provisioners as pv


def _call(action, **params):
    """ministack's own EC2 action, in-process: so DescribeAddresses and its like see what a stack made."""
    status, _headers, body = ec2._ACTION_MAP[action]({key: [str(value)] for key, value in params.items()})
    text = body.decode() if isinstance(body, bytes) else body
    if status >= 400:
        raise ValueError(text)
    return text


def _tagged(resource_id, props):
    tags = props.get("Tags") or []
    if tags:
        ec2._tags[resource_id] = [{"Key": tag["Key"], "Value": tag["Value"]} for tag in tags]


def _address_create(_logical_id, props, _stack):
    text = _call("AllocateAddress", Domain=props.get("Domain", "vpc"))
    allocation = re.search(r"<allocationId>(.*?)</allocationId>", text).group(1)
    address = re.search(r"<publicIp>(.*?)</publicIp>", text).group(1)
    _tagged(allocation, props)
    return address, {"AllocationId": allocation, "PublicIp": address}


def _address_delete(physical_id, _props):
    for allocation, record in list(ec2._addresses.items()):
        if record["PublicIp"] == physical_id:
            _call("ReleaseAddress", AllocationId=allocation)
            ec2._tags.pop(allocation, None)


def _nat_create(_logical_id, props, _stack):
    text = _call("CreateNatGateway", SubnetId=props["SubnetId"], AllocationId=props.get("AllocationId", ""))
    gateway = re.search(r"<natGatewayId>(.*?)</natGatewayId>", text).group(1)
    _tagged(gateway, props)
    return gateway, {"NatGatewayId": gateway}


def _nat_delete(physical_id, _props):
    _call("DeleteNatGateway", NatGatewayId=physical_id)
    ec2._tags.pop(physical_id, None)


def _provider_create(_logical_id, props, _stack):
    host = re.sub(r"^https://", "", props["Url"])
    arn = f"arn:aws:iam::{get_account_id()}:oidc-provider/{host}"
    return arn, {"Arn": arn}


pv._RESOURCE_HANDLERS.update({
    "AWS::EC2::EIP": {"create": _address_create, "delete": _address_delete},
    "AWS::EC2::NatGateway": {"create": _nat_create, "delete": _nat_delete},
    "AWS::IAM::OIDCProvider": {"create": _provider_create, "delete": lambda _physical_id, _props: None},
})

# ------------------------------------------------------------ public parameters: which node image AWS recommends
_NODE_IMAGE = re.compile(
    r"/aws/service/eks/optimized-ami/(1\.\d+)/amazon-linux-2023/(?:x86_64|arm64)/(?:standard|nvidia)/recommended/"
    r"(release_version|image_id)"
)
_resolve = ssm.resolve_parameter_value


def resolve_parameter_value(name):
    found = CONF["ssm"].get(name)
    if found is not None:
        return found
    image = _NODE_IMAGE.fullmatch(name)
    if not image:
        return _resolve(name)
    version, what = image.groups()
    return f"{version}.1-20260101" if what == "release_version" else f"ami-{uuid.uuid5(uuid.NAMESPACE_URL, name).hex[:17]}"


ssm.resolve_parameter_value = resolve_parameter_value

# ------------------------------------------------------------ EKS lets in whoever makes a cluster
# ministack does so only for a caller of its own API. Who made a stack it does not remember: here the account itself.
_ADMIN = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy"
_create_cluster = eks._create_cluster


def create_cluster(body, creator_arn=None):
    answer = _create_cluster(body, creator_arn)
    wants_entry = body.get("accessConfig", {}).get("bootstrapClusterCreatorAdminPermissions", True)
    if answer[0] < 400 and wants_entry and creator_arn is None:
        name, principal = body["name"], f"arn:aws:iam::{get_account_id()}:root"
        eks._create_access_entry(name, {"principalArn": principal})
        eks._associate_access_policy(name, principal, {"policyArn": _ADMIN, "accessScope": {"type": "cluster"}})
    return answer


eks._create_cluster = create_cluster
