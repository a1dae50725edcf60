"""The request: flags, environment and edgeprof.yaml become one frozen value, and every mistake is told by its place."""

from edgeprof.config.load import load_request as load_request
from edgeprof.config.machine import load_asked_runtime as load_asked_runtime
from edgeprof.config.machine import load_machine as load_machine
from edgeprof.config.machine import load_profile as load_profile
from edgeprof.config.quantity import seconds_of as seconds_of
from edgeprof.config.request import Request as Request
from edgeprof.config.terms import load_terms as load_terms
