"""The operations of a simulated project."""

from dataclasses import dataclass, field

from podroute.testing.gcp.refusal import Document, not_found


@dataclass
class Job:
    """An operation: it runs until ``ends``."""

    number: int
    verb: str
    target: str
    request_id: str
    begins: float
    ends: float
    error: Document = field(default_factory=dict[str, object])

    @property
    def name(self) -> str:
        """As the API names it."""
        return f"operation-{self.number}"

    def fail(self, code: str, message: str, status: int) -> None:
        """It ends without having done anything."""
        self.error = {
            "error": {"errors": [{"code": code, "message": message}]},
            "httpErrorStatusCode": status,
            "httpErrorMessage": "FORBIDDEN",
        }

    def document(self, root: str, now: float) -> Document:
        """As the API shows it."""
        done = now >= self.ends
        shown: Document = {
            "kind": "compute#operation",
            "id": str(self.number),
            "name": self.name,
            "operationType": self.verb,
            "targetLink": self.target,
            "status": "DONE" if done else "RUNNING",
            "progress": 100 if done else 0,
            "insertTime": "2026-01-01T00:00:00.000-08:00",
            "startTime": "2026-01-01T00:00:00.000-08:00",
            "user": "podroute@example.iam.gserviceaccount.com",
            "selfLink": f"{root}/global/operations/{self.name}",
        }
        if self.request_id:
            shown["clientOperationId"] = self.request_id
        if done:
            shown["endTime"] = "2026-01-01T00:00:01.000-08:00"
            shown |= self.error
        return shown


class Operations:
    """All that were begun, the newest last."""

    def __init__(self, project: str) -> None:
        self._project = project
        self._jobs: list[Job] = []

    def begin(self, verb: str, target: str, request_id: str, runs: tuple[float, float]) -> Job:
        """A new one."""
        job = Job(len(self._jobs) + 1, verb, target, request_id, *runs)
        self._jobs.append(job)
        return job

    def known(self, request_id: str) -> Job | None:
        """The one that an earlier request with this id began."""
        return next(
            (one for one in self._jobs if request_id and one.request_id == request_id), None
        )

    def named(self, name: str) -> Job:
        """By name or number.

        Raises:
            Refusal: there is none.
        """
        for job in self._jobs:
            if name in {job.name, str(job.number)}:
                return job
        raise not_found(self._project, f"global/operations/{name}")

    def all(self) -> list[Job]:
        """In the order in which they began."""
        return list(self._jobs)
