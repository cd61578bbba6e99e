"""What deploy/ and packaging/ hold, judged by Kubernetes' own schemas, by systemd and by hadolint. No server is asked."""

import pathlib
import shutil
import subprocess
import sys

import kubernetes_validate
import pytest
import yaml

ROOT = pathlib.Path(__file__).resolve().parents[4]
MANIFESTS = sorted((ROOT / "deploy" / "kubernetes").glob("*.yaml"))
KUBERNETES = "1.34"

# Kinds that other projects define; their schemas are not Kubernetes'.
FOREIGN = {"InferencePool", "InferenceObjective", "HTTPRoute", "ScaledObject"}


def documents():
    for file in MANIFESTS:
        for document in yaml.safe_load_all(file.read_text()):
            yield pytest.param(document, id=f"{file.stem}-{document['kind']}")


@pytest.mark.parametrize("document", list(documents()))
def test_a_manifest_has_only_fields_that_kubernetes_knows(document):
    if document["kind"] in FOREIGN:
        with pytest.raises(kubernetes_validate.SchemaNotFoundError):
            kubernetes_validate.validate(document, KUBERNETES, strict=True)
        return
    kubernetes_validate.validate(document, KUBERNETES, strict=True)


def test_a_field_that_kubernetes_does_not_know_is_found():
    document = next(parameter.values[0] for parameter in documents() if parameter.values[0]["kind"] == "Deployment")
    document["spec"]["template"]["spec"]["terminationGracePeriod"] = 60
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(document, KUBERNETES, strict=True)


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="there is no systemd here")
def test_systemd_understands_the_service(tmp_path):
    unit = (ROOT / "packaging" / "systemd" / "corral.service").read_text()
    installed = tmp_path / "corral.service"
    # the program is not installed here
    installed.write_text(unit.replace("/opt/corral/bin/corral", "/bin/sh"))
    verified = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(installed)], capture_output=True, text=True, timeout=60
    )
    assert (verified.returncode, verified.stderr) == (0, "")


def test_hadolint_has_nothing_against_the_image():
    hadolint = pathlib.Path(sys.executable).with_name("hadolint")
    dockerfile = ROOT / "packaging" / "docker" / "Dockerfile"
    linted = subprocess.run([hadolint, str(dockerfile)], capture_output=True, text=True, timeout=60)
    assert (linted.returncode, linted.stdout) == (0, "")
