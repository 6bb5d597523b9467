"""Launching: jobs with dependencies, run somewhere. Knows nothing of what a job does."""

from rltransfer.launch.jobs import Job, JobEvent, Listener, Tell
from rltransfer.launch.local import run_locally

__all__ = ["Job", "JobEvent", "Listener", "Tell", "run_locally"]
