"""URL of a bucket or name of a folder → a store, with credentials in dlt's own way."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit
from urllib.request import url2pathname

from dlt.common.configuration import resolve_configuration
from dlt.common.configuration.exceptions import ConfigFieldMissingException
from dlt.common.storages.configuration import FilesystemConfiguration

from .folder import Folder
from .model import BucketError, Store

_SCHEMES = ("s3", "gs")
_CREDENTIALS = {
    "s3": "aws_access_key_id and aws_secret_access_key",
    "gs": "project_id, private_key and client_email",
}


def open_store(url: str, sections: Sequence[str]) -> Store:
    """Return the store that a URL names; a bucket is not asked yet.

    Args:
        url: `s3://bucket/prefix`, `gs://bucket/prefix`, `file://…` or the path of a folder.
        sections: Where dlt's configuration is looked for credentials: in the last of these
            sections first, then further out. What the environment of the cloud gives is used
            where none are found.

    Raises:
        BucketError: It cannot be such a store, or credentials are missing; the text says why.
    """
    parts = urlsplit(url)
    if parts.scheme == "file":
        return Folder(Path(url2pathname(unquote(parts.path))))
    if "://" not in url and parts.scheme not in _SCHEMES:
        return Folder(Path(url).expanduser())
    if parts.scheme not in _SCHEMES:
        raise BucketError(
            f"{url!r} is no store that can be read: give s3://BUCKET, gs://BUCKET or a folder."
        )
    if not parts.netloc:
        raise BucketError(f"{url!r} names no bucket: give {parts.scheme}://BUCKET.")
    return _bucket(parts.scheme, parts.netloc, parts.path.strip("/"), sections)


def _bucket(scheme: str, name: str, prefix: str, sections: Sequence[str]) -> Store:
    try:
        from obstore.exceptions import BaseError
        from obstore.store import GCSStore, S3Store
    except ModuleNotFoundError:
        extra = "s3" if scheme == "s3" else "gcs"
        raise BucketError(
            f"Reading {scheme}:// needs a package that is not installed: "
            f"pip install 'buildkite-source[{extra}]'"
        ) from None
    from .bucket import Bucket

    url = f"{scheme}://{name}" + (f"/{prefix}" if prefix else "")
    try:
        config: Any = resolve_configuration(
            FilesystemConfiguration(bucket_url=url), sections=tuple(sections)
        )
    except ConfigFieldMissingException:
        raise BucketError(
            f"There are no credentials for {url}: this machine has none of its own, such as a "
            f"profile or a role. Put {_CREDENTIALS[scheme]} into .dlt/secrets.toml as "
            f"[{'.'.join(sections)}.credentials]; see docs/exports.md."
        ) from None
    if scheme == "gs":
        try:
            store = GCSStore(name, prefix=prefix or None, config=_of_google(config.credentials))
        except BaseError:
            # Its own text may quote the key.
            raise BucketError(
                f"The credentials for {url} cannot be used: private_key is the text of that name "
                "in the service account's JSON, with its line breaks; see docs/exports.md."
            ) from None
        return Bucket(store, url)
    # Buildkite writes exports to buckets of this region only.
    config.credentials.region_name = config.credentials.region_name or "us-east-1"
    known = config.credentials.to_object_store_rs_credentials()
    options: Any = {"allow_http": str(known.get("endpoint_url", "")).startswith("http://")}
    # Whatever else dlt sets for Delta is not for reading.
    kept: Any = {
        key: value
        for key, value in known.items()
        if key.removeprefix("aws_")
        in ("access_key_id", "secret_access_key", "session_token", "region", "endpoint_url")
    }
    return Bucket(S3Store(name, prefix=prefix or None, config=kept, client_options=options), url)


def _of_google(credentials: Any) -> Any:
    """Return credentials as obstore takes them; none where the machine has its own."""
    known = credentials.to_object_store_rs_credentials()
    if key := known.get("service_account_key"):
        # It takes no null, as of a private_key_id that nobody gave.
        fields = {name: value or "" for name, value in json.loads(key).items()}
        known["service_account_key"] = json.dumps(fields)
    return known
