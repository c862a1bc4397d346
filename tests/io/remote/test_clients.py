"""What the libraries that talk to servers are told."""

from __future__ import annotations

import pytest

from napari_abc.io.remote import PUBLIC_BUCKET, storage_options
from napari_abc.io.remote._clients import endpoint, tensorstore_bucket


@pytest.fixture(autouse=True)
def _amazon(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)


def test_the_server_for_s3_goes_before_that_for_all_of_aws(monkeypatch: pytest.MonkeyPatch) -> None:
    assert endpoint() is None
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://all")
    assert endpoint() == "http://all"
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://s3")
    assert endpoint() == "http://s3"
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "")
    assert endpoint() == "http://all"


def test_the_public_bucket_is_asked_in_its_region_and_others_are_not() -> None:
    for address in (PUBLIC_BUCKET, f"{PUBLIC_BUCKET}/releases"):
        assert storage_options(address)["client_kwargs"] == {"region_name": "us-west-2"}
    for address in ("s3://mine", f"{PUBLIC_BUCKET}-of-others"):
        assert storage_options(address)["client_kwargs"] == {}


def test_nobody_has_to_say_who_asks_unless_it_is_wanted() -> None:
    anonymous = storage_options("s3://mine")
    assert anonymous["anon"] is True
    assert anonymous["session_vars"]["profile"] == (None, None, None, None)
    named = storage_options("S3://mine", anonymous=False)
    assert "anon" not in named
    assert "session_vars" not in named
    assert "response_checksum_validation" not in named["config_kwargs"]
    assert named["use_listings_cache"] is False
    assert "endpoint_url" not in named


def test_requests_are_given_up_after_some_seconds() -> None:
    limits = storage_options("s3://mine")["config_kwargs"]
    assert 1 <= limits["connect_timeout"] <= 10
    assert 10 <= limits["read_timeout"] <= 60
    assert limits["retries"]["total_max_attempts"] == 2
    web = storage_options("https://host")
    assert web["client_kwargs"]["trust_env"] is True  # the proxies of the environment
    timeout = web["client_kwargs"]["timeout"]
    assert timeout.total is None  # a large file may take hours
    assert 1 <= timeout.sock_connect <= timeout.connect <= 60
    assert web["use_listings_cache"] is False
    assert storage_options("memory://x") == {}


def test_images_in_a_bucket_are_read_from_the_same_server(monkeypatch: pytest.MonkeyPatch) -> None:
    spec = tensorstore_bucket("mine", "a/b")
    assert spec == {
        "driver": "s3",
        "bucket": "mine",
        "path": "a/b/",
        "aws_credentials": {"type": "anonymous"},
    }
    assert tensorstore_bucket("mine", "")["path"] == ""
    public = PUBLIC_BUCKET.removeprefix("s3://")
    assert tensorstore_bucket(public, "")["aws_region"] == "us-west-2"
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9/")
    spec = tensorstore_bucket(public, "")
    assert (spec["endpoint"], spec["aws_region"]) == ("http://127.0.0.1:9", "us-east-1")
