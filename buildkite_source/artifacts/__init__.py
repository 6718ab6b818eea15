"""The content of artifacts, on request: to a local folder or any file system of fsspec.

```python
session = BuildkiteSession(token, "https://api.buildkite.com/v2")
reports = wanted(artifacts, ["*junit*.xml"])
report = download(session, reports, "s3://bucket/artifacts", max_requests=500)
```
"""

from .download import download
from .errors import TargetError
from .model import Artifact, DownloadReport, Outcome, Status, wanted
from .names import target_name, target_names

__all__ = [
    "Artifact",
    "DownloadReport",
    "Outcome",
    "Status",
    "TargetError",
    "download",
    "target_name",
    "target_names",
    "wanted",
]
