"""Why `correcta-export` ends without a file. Exit code 1: the file can't be had; 2: the request was wrong."""


class ClientError(Exception):
    """Root of the tree; the text is for whoever typed the command."""

    exit_code = 1

    def __init__(self, text: str, code: str) -> None:
        super().__init__(text)
        self.code = code


class Refused(ClientError):
    """The server refused; `text` is its own sentence, in the language asked for."""

    def __init__(self, status: int, text: str, code: str) -> None:
        super().__init__(text, code)
        self.status = status
        self.exit_code = 2 if 400 <= status < 500 and status not in {408, 410, 429} else 1


class Unreachable(ClientError):
    """No answer within the retry budget. What was asked may still be going on."""


class UnexpectedAnswer(ClientError):
    """Something answered that does not speak this interface: a wrong address, a sign-in page, a proxy."""


class ExportFailed(ClientError):
    """The export ended without a file."""


class Damaged(ClientError):
    """The file that arrived is not the file that was made."""


class BadOutput(ClientError):
    """The file cannot be written where it was asked for."""

    exit_code = 2
