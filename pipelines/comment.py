"""Comment on a pull request of Azure Repos, or update the comment that an earlier run left.

`pipelines/apim-aks.yml` runs it. It needs nothing but Python, and takes everything from the
environment of the pipeline: https://learn.microsoft.com/azure/devops/pipelines/build/variables.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import sys
import urllib.request
from pathlib import Path
from typing import Any

# https://learn.microsoft.com/rest/api/azure/devops/git/pull-request-threads
VERSION = "api-version=7.1"
LONGEST = 60_000
"""Characters of a comment, many more than a summary has."""
SECONDS = 60


def main(summary: Path) -> None:
    """Write the summary as the comment of this workload."""
    marker = f"<!-- apim-aks {hashlib.sha256(os.environ['WORKLOAD'].encode()).hexdigest()} -->"
    # The link to a picture leads into the report's folder, which is no place on a page.
    kept = re.sub(r"^\[Picture of .*\)\n", "", summary.read_text(encoding="utf-8"), flags=re.M)
    link = f"[The report with its pictures is kept with this run]({_run()})."
    text = f"{marker}\n{kept[:LONGEST]}{link}\n"
    threads = _threads()
    found = _ours(_call("GET", f"{threads}?{VERSION}")["value"], marker)
    if found:
        _call("PATCH", f"{threads}/{found}?{VERSION}", {"content": text})
        return
    comment = {"parentCommentId": 0, "content": text, "commentType": "text"}
    # A thread that is active would block pull requests that need all of them resolved.
    _call("POST", f"{threads}?{VERSION}", {"comments": [comment], "status": "closed"})


def _run() -> str:
    """The address of this run."""
    given = os.environ
    project = f"{given['SYSTEM_COLLECTIONURI']}{given['SYSTEM_TEAMPROJECTID']}"
    return f"{project}/_build/results?buildId={given['BUILD_BUILDID']}"


def _threads() -> str:
    """The address of the threads of this pull request."""
    given = os.environ
    repository = f"_apis/git/repositories/{given['BUILD_REPOSITORY_ID']}"
    number = int(given["SYSTEM_PULLREQUEST_PULLREQUESTID"])
    project = f"{given['SYSTEM_COLLECTIONURI']}{given['SYSTEM_TEAMPROJECTID']}"
    return f"{project}/{repository}/pullRequests/{number}/threads"


def _ours(threads: list[dict[str, Any]], marker: str) -> str:
    """Thread and comment of this pipeline's own identity: a person may have quoted the marker."""
    connection = f"{os.environ['SYSTEM_COLLECTIONURI']}_apis/connectionData?{VERSION}-preview"
    own = _call("GET", connection)["authenticatedUser"]["id"]
    for thread in threads:
        for comment in thread["comments"]:
            mine = comment["author"]["id"] == own and not comment.get("isDeleted")
            if mine and (comment.get("content") or "").startswith(marker):
                return f"{thread['id']}/comments/{comment['id']}"
    return ""


def _call(method: str, address: str, body: dict[str, Any] | None = None) -> Any:
    request = urllib.request.Request(
        address,
        method=method,
        data=json.dumps(body).encode() if body else None,
        headers={
            "Authorization": f"Bearer {os.environ['SYSTEM_ACCESSTOKEN']}",
            "Content-Type": "application/json",
        },
    )
    with urllib.request.urlopen(request, timeout=SECONDS) as answer:
        return json.load(answer)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
