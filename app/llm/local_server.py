"""Serves a GGUF file to its parent process over OpenAI's interface: ``python -m``, told on stdin.

A process of its own, since llama.cpp ends the one it runs in where it can't go on. It ends when its
parent closes stdin, by intent or by dying.
"""

import json
import os
import sys

_CONTEXT = 8192  # tokens: the rules, eight long quotes and an answer
_LONGEST_ANSWER = 1024  # tokens; small models may repeat themselves for ever
_ERRORS = 1


def main() -> None:
    """Load the model, say where it is served, and serve until stdin ends."""
    import xllamacpp

    told = json.loads(sys.stdin.readline())
    settings = xllamacpp.CommonParams()
    settings.model.path = told["file"]
    settings.hostnames = ["127.0.0.1"]
    settings.port = 0
    settings.api_keys = [told["key"]]
    settings.ui = False
    settings.endpoint_slots = False
    settings.n_ctx = _CONTEXT
    settings.n_predict = _LONGEST_ANSWER
    settings.n_parallel = 1  # answers wait for each other, for together they are no faster
    settings.verbosity = _ERRORS
    if told["threads"]:
        settings.cpuparams.n_threads = settings.cpuparams_batch.n_threads = told["threads"]
    server = xllamacpp.Server(settings)
    sys.stdout.write(server.listening_address + "\n")
    sys.stdout.flush()
    sys.stdin.read()
    os._exit(0)  # without waiting for an answer under way


if __name__ == "__main__":
    main()
