"""What an S3 service or the way to it says, as pitchcast's own errors: a missing object, a refusal, a lost race and an
outage are four different errors.
"""

from typing import NamedTuple

from boto3.exceptions import Boto3Error
from botocore import exceptions as boto
from botocore.parsers import ResponseParserError

from pitchcast.errors import AccessRefused, LostRace, ObjectMissing, StorageError, StorageUnavailable
from pitchcast.invocation import pitchcast_command

_KEYS = (
    "Credentials come from the usual AWS places (environment, ~/.aws/credentials) and storage.profile; "
    "check that they belong to storage.endpoint_url. New keys are typed in, and tried, with: "
    f"{pitchcast_command('join')}"
)
_SETTINGS = "Check region, endpoint_url and profile under [storage], and what ~/.aws/config says of that profile."
_LOGIN = "Log in again (aws sso login), or renew the temporary credentials."


class _Refusal(NamedTuple):
    error: type[StorageError]
    what: str
    do: str


_REFUSALS = {
    "InvalidAccessKeyId": _Refusal(AccessRefused, "the storage does not know this access key", _KEYS),
    "SignatureDoesNotMatch": _Refusal(AccessRefused, "the secret key does not fit the access key", _KEYS),
    "AuthorizationHeaderMalformed": _Refusal(
        AccessRefused, "the bucket is in another region", "Set storage.region to the bucket's region."
    ),
    "ExpiredToken": _Refusal(AccessRefused, "the credentials have expired", _LOGIN),
    "ExpiredTokenException": _Refusal(AccessRefused, "the credentials have expired", _LOGIN),
    "TokenRefreshRequired": _Refusal(AccessRefused, "the credentials have expired", _LOGIN),
    "InvalidToken": _Refusal(AccessRefused, "the session token is not valid", _LOGIN),
    "AccountProblem": _Refusal(AccessRefused, "the account is blocked", "Ask whoever runs the storage."),
    "RequestTimeTooSkewed": _Refusal(
        AccessRefused, "this computer's clock differs from the storage's", "Set the clock to the right time, run again."
    ),
    "NoSuchBucket": _Refusal(
        StorageError, "the bucket does not exist", "Make the bucket, or correct storage.url and storage.endpoint_url."
    ),
    "301": _Refusal(StorageError, "the bucket is in another region", "Set storage.region to the bucket's region."),
    "PermanentRedirect": _Refusal(
        StorageError, "the bucket is in another region", "Set storage.region to the bucket's region."
    ),
    "IllegalLocationConstraintException": _Refusal(
        StorageError, "the bucket is in another region", "Set storage.region to the bucket's region."
    ),
    "NotImplemented": _Refusal(
        StorageError,
        "the storage cannot do this",
        "If it lacks conditional writes, set single_writer = true under [storage].",
    ),
    "QuotaExceeded": _Refusal(StorageError, "the storage is full", "Make room, or ask for a larger quota."),
    "XMinioStorageFull": _Refusal(StorageError, "the storage is full", "Make room, then run the same command again."),
    "EntityTooLarge": _Refusal(StorageError, "the object is too large for this storage", ""),
}
_MANY_MEANINGS = ("SignatureDoesNotMatch", "NotImplemented")
_ACTIONS = {
    "CopyObject": "s3:PutObject, or s3:GetObject of what is copied,",
    "CreateMultipartUpload": "s3:PutObject",
    "UploadPart": "s3:PutObject",
    "CompleteMultipartUpload": "s3:PutObject",
    "DeleteObjects": "s3:DeleteObject",
    "HeadObject": "s3:GetObject",
    "ListObjectsV2": "s3:ListBucket",
}
"""The right that an operation needs, where it has another name."""
_BUGS = (boto.ParamValidationError,)  # of pitchcast: nothing that users could mend
_CANNOT = 501  # the service lacks the operation: asking again is of no use
_ABSENT = ("NoSuchKey", "NotFound", "NoSuchVersion")
_LOST = ("PreconditionFailed", "412")
DENIED = ("AccessDenied", "AllAccessDisabled", "403", "401", "Forbidden", "Unauthorized", "AccessForbidden")
"""Codes by which services refuse without saying more."""
_NOT_IMPLEMENTED = ("NotImplemented", "MethodNotAllowed", "UnsupportedOperation", "501", "405")

_NO_S3 = _Refusal(StorageError, "the answer is not that of an S3 service", "Check storage.endpoint_url.")
_BORDER = (
    (
        (boto.NoCredentialsError, boto.PartialCredentialsError, boto.NoAuthTokenError),
        _Refusal(AccessRefused, "there are no complete credentials for the storage", _KEYS),
    ),
    (
        (boto.ProfileNotFound,),
        _Refusal(
            AccessRefused,
            "the AWS profile in storage.profile, or in AWS_PROFILE, does not exist",
            "Make it: aws configure --profile NAME",
        ),
    ),
    (
        (
            boto.UnauthorizedSSOTokenError,
            boto.SSOTokenLoadError,
            boto.TokenRetrievalError,
            boto.CredentialRetrievalError,
            boto.LoginError,
        ),
        _Refusal(AccessRefused, "the credentials could not be renewed", _LOGIN),
    ),
    (
        (boto.SSLError,),
        _Refusal(
            StorageUnavailable,
            "no trusted connection (TLS) could be made",
            "Check storage.endpoint_url and the clock; for a certificate of your own set AWS_CA_BUNDLE.",
        ),
    ),
    (
        (boto.EndpointConnectionError, boto.ConnectTimeoutError, boto.ProxyConnectionError),
        _Refusal(
            StorageUnavailable,
            "the storage cannot be reached",
            "Check the network and storage.endpoint_url, then run the same command again.",
        ),
    ),
    (
        (boto.ReadTimeoutError,),
        _Refusal(
            StorageUnavailable,
            "the storage does not answer",
            "Run the same command again; if the storage is only slow, set a longer timeout under [storage].",
        ),
    ),
    (
        (boto.HTTPClientError, boto.IncompleteReadError, boto.FlexibleChecksumError, boto.ConnectionError),
        _Refusal(StorageUnavailable, "the connection to the storage was cut", "Run the same command again."),
    ),
    ((ResponseParserError,), _NO_S3),
    (
        (RecursionError,),
        _Refusal(
            StorageError, "the storage leads requests in circles", "Check storage.region and storage.endpoint_url."
        ),
    ),
    (
        (OSError,),  # whatever happens on the network, botocore makes its own error of
        _Refusal(AccessRefused, "a file or program that the AWS settings name cannot be used", _SETTINGS),
    ),
    ((boto.BotoCoreError, Boto3Error), _Refusal(StorageError, "boto3 cannot send the request", _SETTINGS)),
)


def error_code(error: boto.ClientError) -> str:
    """Return the service's code for what went wrong, or its HTTP status as text."""
    code = str(error.response.get("Error", {}).get("Code", ""))
    return code or str(_status(error))


def is_outage(error: boto.ClientError) -> bool:
    """Return whether the service failed or is busy, so that the same request may succeed later."""
    return (_status(error) >= 500 and _status(error) != _CANNOT) or _status(error) in (409, 429)


def lacks_operation(error: boto.ClientError) -> bool:
    """Return whether the service says that it does not know what was asked for."""
    return error_code(error) in _NOT_IMPLEMENTED


def is_unclear(error: boto.ClientError) -> bool:
    """Return whether a refusal may have a reason that its code does not tell, such as checksums."""
    code = error_code(error)
    if code in _MANY_MEANINGS:
        return True
    is_known = code in _REFUSALS or code in (*_ABSENT, *_LOST, *DENIED, "404")
    return not is_known and not is_outage(error)


def translate(error: Exception, *, where: str, endpoint_url: str, writing: bool = False) -> StorageError:
    """Return the error to raise instead; *where* names the object without secrets.

    Errors that are none of the service or the network are raised as they are: they are bugs.
    Nothing of a service's own text is repeated: some services put keys and signed requests into it.
    """
    if isinstance(error, boto.ClientError):
        return _translate_answer(error, where, endpoint_url, writing)
    for kinds, refusal in _BORDER:
        if isinstance(error, kinds) and not isinstance(error, _BUGS):
            return refusal.error(f"{where}: {refusal.what} ({endpoint_url})", hint=refusal.do)
    raise error


def _translate_answer(error: boto.ClientError, where: str, endpoint_url: str, writing: bool) -> StorageError:
    code = error_code(error)
    if code in _REFUSALS:
        refusal = _REFUSALS[code]
        return refusal.error(f"{where}: {refusal.what} ({code}, {endpoint_url})", hint=refusal.do)
    if code in _ABSENT or (code == "404" and error.operation_name == "HeadObject"):  # a HEAD has no body to say more
        return ObjectMissing(f"{where} does not exist")
    if code == "404":
        return _NO_S3.error(f"{where}: {_NO_S3.what} ({endpoint_url})", hint=_NO_S3.do)
    if code in _LOST:
        return LostRace(f"{where} was replaced meanwhile", hint="Run again.")
    if code in DENIED:
        return _denied(where, error.operation_name, writing)
    if is_outage(error):
        return StorageUnavailable(f"{where}: the storage failed ({code}, {endpoint_url})", hint="Run again later.")
    return StorageError(
        f"{where}: the storage refused the request ({code}, {endpoint_url})", hint=f"Run: {pitchcast_command('doctor')}"
    )


def _denied(where: str, operation: str, writing: bool) -> AccessRefused:
    action = _ACTIONS.get(operation, f"s3:{operation}")
    hint = f"Ask for the rights that “{pitchcast_command('storage setup')}” prints for writers."
    if writing:
        return AccessRefused(f"{where}: these credentials may not write there ({action} was refused)", hint=hint)
    hint += " Without s3:ListBucket, storages refuse to say what does not exist."
    return AccessRefused(f"{where}: these credentials may not read it ({action} was refused)", hint=hint)


def _status(error: boto.ClientError) -> int:
    return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
