"""`deploy/kubernetes/`, as far as it can be held without a cluster."""

import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

import triage_agent
from tests.conftest import HOME, REAL
from tests.deploy.typed import COMING, read, typed_in, unknown, unknown_settings
from triage_agent.project import read_model
from triage_agent.settings import SLACK_API, Settings
from triage_agent.targets import Target, systems

TREE = HOME / "deploy" / "kubernetes"
Document = dict[str, Any]
KUSTOMIZATION: Document = read(TREE / "kustomization.yaml")[0]
MANIFESTS = sorted(TREE / name for name in KUSTOMIZATION["resources"])
CILIUM = TREE / "egress-cilium.yaml"
"""In place of egress.yaml; Kubernetes has no schema for it."""
DOCUMENTS = [document for path in MANIFESTS for document in read(path)]
HOSTS, SOCKET_MODE = (document["spec"] for document in read(CILIUM))
SCHEDULED, STAYING = {"run", "summary"}, {"listen", "worker"}
LARGEST = 1_048_576
"""Bytes that Kubernetes lets a ConfigMap hold."""


def _named(kind: str) -> dict[str, Document]:
    return {one["metadata"]["name"]: one["spec"] for one in DOCUMENTS if one["kind"] == kind}


def _templates() -> dict[str, Document]:
    jobs = {name: spec["jobTemplate"]["spec"] for name, spec in _named("CronJob").items()}
    return {name: spec["template"] for name, spec in (jobs | _named("Deployment")).items()}


PODS: dict[str, Document] = {name: one["spec"] for name, one in _templates().items()}


@pytest.mark.parametrize("version", ["1.31", "1.37"])
def test_manifests_are_valid(version: str) -> None:
    """Each is by Kubernetes' own schemas, the oldest that has all of it and the newest; no more."""
    checker = Path(sys.executable).with_name("kubernetes-validate")
    told = subprocess.run(  # noqa: S603 - our own files
        [checker, "--strict", "--quiet", "--kubernetes-version", version, *MANIFESTS],
        capture_output=True,
        text=True,
        check=False,
    )

    assert 0 == told.returncode, told.stdout + told.stderr


def test_everything_is_applied() -> None:
    """No manifest is left out but Cilium's, which stands in place of another."""
    there = {*TREE.glob("*.yaml")} - {TREE / "kustomization.yaml", CILIUM}

    assert there == {*MANIFESTS}
    assert SCHEDULED | STAYING == PODS.keys()
    assert [{"name": "triage-agent", "newTag": triage_agent.__version__}] == KUSTOMIZATION["images"]


def test_the_projects_own_files_are_handed_in() -> None:
    """Page, prompts and cases, with the record of what passed once it is there; each fits."""
    given = [
        [(TREE / name).resolve() for name in one["files"]]
        for one in KUSTOMIZATION["configMapGenerator"]
    ]
    cases = [*(HOME / "eval_cases").glob("*.yaml"), *(HOME / "eval_cases").glob("passed.json")]
    prompts = [path for path in (HOME / "prompts").iterdir() if path.is_file()]

    assert [[HOME / "operating_model.yaml"], sorted(prompts), sorted(cases)] == given
    assert all(sum(path.stat().st_size for path in paths) < LARGEST for paths in given)


@pytest.mark.parametrize("name", PODS)
def test_no_pod_may_more_than_it_needs(name: str) -> None:
    """Each is nobody by number, on a disk that it can't write, without powers, account or root."""
    pod = PODS[name]
    [container] = pod["containers"]

    assert {
        "runAsNonRoot": True,
        "runAsUser": 65532,
        "runAsGroup": 65532,
        "fsGroup": 65532,
        "seccompProfile": {"type": "RuntimeDefault"},
    } == pod["securityContext"]
    assert {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    } == container["securityContext"]
    assert (False, False) == (pod["automountServiceAccountToken"], pod["enableServiceLinks"])
    assert not {"hostNetwork", "hostPID", "hostIPC"} & pod.keys()
    assert "memory" in container["resources"]["limits"]


@pytest.mark.parametrize("name", PODS)
def test_secrets_are_named_alone(name: str) -> None:
    """Settings come from Secrets, the one with Slack's signing secret goes to the listener only."""
    [container] = PODS[name]["containers"]
    secrets = [source["secretRef"]["name"] for source in container["envFrom"]]

    assert ["triage-agent", "triage-agent-listen"][: 1 + (name == "listen")] == secrets
    assert "env" not in container
    assert "Secret" not in {one["kind"] for one in DOCUMENTS}


@pytest.mark.parametrize("name", PODS)
def test_the_project_is_where_the_image_has_it(name: str) -> None:
    """Each has page, prompts, cases and state mounted as in the image, and no other place."""
    pod = PODS[name]
    [container] = pod["containers"]
    maps = {one["name"] for one in KUSTOMIZATION["configMapGenerator"]}

    assert {
        "/project/operating_model.yaml",
        "/project/prompts",
        "/project/eval_cases",
        "/project/.triage",
        "/run/secrets/salesforce",
        "/tmp",  # noqa: S108 - a pod's own
    } == {mount["mountPath"] for mount in container["volumeMounts"]}
    assert maps == {one["configMap"]["name"] for one in pod["volumes"] if "configMap" in one}
    assert {mount["name"] for mount in container["volumeMounts"]} == {
        one["name"] for one in pod["volumes"]
    }
    assert {"state"} == _named("PersistentVolumeClaim").keys()


@pytest.mark.parametrize("name", sorted(SCHEDULED))
def test_what_is_scheduled_is_tried_once(name: str) -> None:
    """One at a time, each end told by its code; the next one goes on where one was cut off."""
    job = _named("CronJob")[name]
    spec = job["jobTemplate"]["spec"]
    gone, ended = spec["podFailurePolicy"]["rules"]

    assert ("Forbid", 0) == (job["concurrencyPolicy"], spec["backoffLimit"])
    assert job["startingDeadlineSeconds"] > 0
    assert "Never" == spec["template"]["spec"]["restartPolicy"]
    assert ("Ignore", "FailJob") == (gone["action"], ended["action"])
    assert [1, 2, 3] == ended["onExitCodes"]["values"]


def test_the_week_is_told_by_the_pages_clock() -> None:
    """The summary's hour is in the zone that the page's weeks end in."""
    assert read_model(HOME).page.workflow.time.zone.key == _named("CronJob")["summary"]["timeZone"]


@pytest.mark.parametrize("name", sorted(STAYING))
def test_what_stays_is_asked_for_its_health(name: str) -> None:
    """At the port that its command serves, to which its network policy lets others come."""
    [container] = PODS[name]["containers"]
    [port] = container["ports"]
    [rule] = _named("NetworkPolicy")[name]["ingress"]

    for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
        assert {"path": "/health", "port": port["name"]} == container[probe]["httpGet"]
    assert f"0.0.0.0:{port['containerPort']}" == container["args"][-1]
    assert [port["containerPort"]] == [one["port"] for one in rule["ports"]]


def test_its_commands_are_known() -> None:
    """Pods and note type what the command line knows, but for what is coming."""
    typed = [pod["containers"][0]["args"] for pod in PODS.values()]

    assert set().union(*map(unknown, [*typed, *typed_in(TREE / "README.md")])) == COMING


def test_its_settings_exist() -> None:
    """Nothing is called like a setting that isn't one."""
    assert set() == unknown_settings(TREE)


def _names(rule: Document) -> set[str]:
    return {each["matchName"] for each in rule["toFQDNs"]}


def _asked_for(rule: Document) -> set[str]:
    [ports] = rule["toPorts"]
    return {each["matchName"] for each in ports["rules"]["dns"]}


@pytest.fixture
def used(project: Path, monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """The hosts that the code speaks to on real systems, by every way in to Salesforce."""
    for name, value in REAL.items():
        monkeypatch.setenv(name, value)
    with systems(Target(project), Settings.of(project)) as found:
        hosts = set().union(*found.hosts.values())
    monkeypatch.setenv("SALESFORCE_USERNAME", "agent@acme.example")
    monkeypatch.setenv("SALESFORCE_PRIVATE_KEY_FILE", "key.pem")
    with systems(Target(project), Settings.of(project)) as found:
        return hosts | set().union(*found.hosts.values())


def test_the_hosts_are_those_of_the_code(used: set[str]) -> None:
    """HTTPS goes to those hosts that the wire guard knows, and to no other."""
    https, _ledger, _names_alone = HOSTS["egress"]

    assert used == _names(https)
    assert [{"ports": [{"port": "443", "protocol": "TCP"}]}] == https["toPorts"]


def test_socket_mode_goes_to_slack_alone() -> None:
    """The listener may connect to more hosts of Slack's, which its client takes for Slack's too."""
    https, _names_alone = SOCKET_MODE["egress"]

    assert all(name.endswith(f".{urlsplit(SLACK_API).hostname}") for name in _names(https))


@pytest.mark.parametrize("spec", [HOSTS, SOCKET_MODE])
def test_no_other_name_can_be_asked_for(spec: Document) -> None:
    """Names are looked up of hosts that may be reached; else a question could carry data out."""
    *reached, asked = spec["egress"]

    assert set().union(*map(_names, reached)) == _asked_for(asked)
    assert all(pod["dnsConfig"] == PODS["run"]["dnsConfig"] for pod in PODS.values())


def test_policies_mean_the_pods() -> None:
    """Each selects pods by labels that some have; what no policy allows is refused to all."""
    labels = [one["metadata"]["labels"] for one in _templates().values()]
    policies = [*_named("NetworkPolicy").values()]
    wanted = [one["podSelector"].get("matchLabels", {}) for one in policies]
    wanted += [one["endpointSelector"]["matchLabels"] for one in (HOSTS, SOCKET_MODE)]

    assert all(any(some.items() <= one.items() for one in labels) for some in wanted)
    assert {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]} in policies
