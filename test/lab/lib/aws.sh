# shellcheck shell=bash
# A stand-in for AWS, and the cluster that it hands out as "the EKS cluster". See aws/README.md.

aws_port=5603
aws_url=http://127.0.0.1:$aws_port
aws_region=eu-west-1
aws_registry=127.0.0.1:$aws_port
# What GetAuthorizationToken gives out: user AWS and a password that never changes.
aws_registry_login=QVdTOm1pbmlzdGFjay1hdXRoLXRva2Vu
# Nodes on AWS pull these from the internet.
aws_foreign_images=(mariadb:10.11 redis:7 busybox:stable ghcr.io/ferretdb/ferretdb:1.24)

aws_venv() {
  [ -d "$state/aws/venv" ] || python3 -m venv "$state/aws/venv"
  "$state/aws/venv/bin/pip" install --quiet -r "$here/aws/requirements-ministack.txt"
}

cfn_lint_venv() {
  [ -d "$state/aws/cfn-lint" ] || python3 -m venv "$state/aws/cfn-lint"
  "$state/aws/cfn-lint/bin/pip" install --quiet -r "$here/aws/requirements-cfn-lint.txt"
}

# What needs neither an engine nor a cluster: packages of Python.
lab_aws_install() {
  mkdir -p "$state/aws"
  stamped 'aws stand-in' "$(fingerprint "$here/aws/requirements-ministack.txt")" aws_venv
  stamped cfn-lint "$(fingerprint "$here/aws/requirements-cfn-lint.txt")" cfn_lint_venv
}

aws_answers() { curl -fs "$aws_url/_lab/health"; }

aws_start() {
  cd "$here/aws"
  start_process aws "$state/aws/venv/bin/python" -m mslab --port "$aws_port" --region "$aws_region"
  wait_for 30 aws_answers
}

# The API server of every cluster that CloudFormation makes is that of the kind cluster "eks", and its tokens are reviewed here.
aws_hand_out_cluster() {
  local file server ca
  file=$(kind_kubeconfig eks)
  server=$(kubectl --kubeconfig "$file" config view --raw -o 'jsonpath={.clusters[0].cluster.server}')
  ca=$(kubectl --kubeconfig "$file" config view --raw -o 'jsonpath={.clusters[0].cluster.certificate-authority-data}')
  curl -fsS "$aws_url/_lab/config" -d "{\"eks\": {\"endpoint\": \"$server\", \"caData\": \"$ca\"}, \"ecr\": {\"registry\": \"$aws_registry\"}}" >/dev/null
}

aws_gateway() { docker network inspect kind | jq -r '[.[0].IPAM.Config[].Gateway // empty | select(test(":") | not)][0]'; }

# What nodes on AWS come with: the login of ECR, a driver of EBS volumes, load balancers, and a way to other registries.
aws_node_services() {
  local file node=eks-control-plane certs=/etc/containerd/certs.d/$aws_registry
  file=$(kind_kubeconfig eks)
  docker exec "$node" mkdir -p "$certs"
  printf '[host."http://%s:%s"]\n  capabilities = ["pull", "resolve"]\n  [host."http://%s:%s".header]\n    authorization = ["Basic %s"]\n' \
    "$(aws_gateway)" "$aws_port" "$(aws_gateway)" "$aws_port" "$aws_registry_login" |
    docker exec -i "$node" cp /dev/stdin "$certs/hosts.toml"
  kubectl --kubeconfig "$file" delete --ignore-not-found storageclass standard
  render "$here/manifests/storage.yaml" CONFIGURATION="$kind_storage" PROVISIONER=ebs.csi.aws.com \
    CLASS=standard BINDING=WaitForFirstConsumer | kubectl --kubeconfig "$file" apply -f -
  kubectl --kubeconfig "$file" delete --ignore-not-found storageclass standard
  kind load docker-image --name eks "${aws_foreign_images[@]}"
}

lab_aws_up() {
  engine_answers || die "no container engine: lab docker up"
  lab_aws_install
  if process_id aws >/dev/null && aws_answers >/dev/null; then
    echo 'lab: aws is up to date'
  else
    stop_process aws
    say_step 'aws up' aws_start
  fi
  TOKEN_WEBHOOK=$aws_url/_lab_auth/any lab_eks_up
  stamped 'aws nodes' "$(docker inspect -f '{{.Id}}' eks-control-plane) $(declare -f aws_node_services) ${aws_foreign_images[*]}" aws_node_services
  if ! process_id eks-balancers >/dev/null; then
    start_process eks-balancers "$here/eks/load-balancers" "$(kind_kubeconfig eks)" eks-control-plane
  fi
  say_step 'aws cluster' aws_hand_out_cluster
}

lab_aws_down() {
  stop_process eks-balancers
  lab_kind_down eks
  stop_process aws
}
