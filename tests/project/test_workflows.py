"""The workflows are valid, hold no known weakness, and deploy without running code of the repository."""

import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))


def run_tool(name: str, *arguments: str) -> subprocess.CompletedProcess:
    return subprocess.run([Path(sys.executable).parent / name, *arguments], capture_output=True, text=True)


def test_zizmor_finds_nothing():
    options = ("--offline", "--strict-collection", "--persona=pedantic")
    result = run_tool("zizmor", *options, str(ROOT / ".github"))
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.fixture
def jobs() -> dict:
    return yaml.safe_load((ROOT / ".github/workflows/site.yml").read_text("utf-8"))["jobs"]


@pytest.mark.parametrize(
    ("schema", "pattern"),
    [
        ("github-workflows", "workflows/*.yml"),
        ("dependabot", "dependabot.yml"),
        ("github-issue-forms", "ISSUE_TEMPLATE/[0-9]*.yml"),
        ("github-issue-config", "ISSUE_TEMPLATE/config.yml"),
    ],
)
def test_files_match_the_schemas_of_github(schema: str, pattern: str):
    files = sorted((ROOT / ".github").glob(pattern))
    assert files
    result = run_tool("check-jsonschema", "--builtin-schema", f"vendor.{schema}", *map(str, files))
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.name)
def test_pull_requests_get_no_secrets_and_write_nothing(workflow):
    """What a stranger sends may run, but only with a token that reads."""
    content = yaml.safe_load(workflow.read_text("utf-8"))
    triggers = content[True]  # YAML 1.1 reads the key `on` as true
    assert "pull_request_target" not in triggers
    assert "workflow_run" not in triggers
    assert "secrets." not in workflow.read_text("utf-8")
    assert content["permissions"] == {}
    if "pull_request" not in triggers:
        return
    for job in content["jobs"].values():
        if "pull_request" not in job.get("if", ""):
            # GitHub gives a fork's pull request no right to write, whatever is asked for here
            assert {right for right, level in job["permissions"].items() if level == "write"} <= {
                "security-events"
            }


def test_deploy_job_runs_no_code_of_the_repository(jobs):
    actions = [step.get("uses", "a run step").split("@")[0] for step in jobs["deploy"]["steps"]]
    assert actions == ["actions/deploy-pages"]
    assert jobs["deploy"]["permissions"] == {"pages": "write", "id-token": "write"}


def test_only_the_deploy_job_may_write(jobs):
    writers = {name for name, job in jobs.items() if "write" in job["permissions"].values()}
    assert writers == {"deploy"}
