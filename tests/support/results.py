"""Runs the functions test_… of a script as the cases of one test program (see results.cpp)."""
import os, sys, traceback


class Skip(Exception):
    """This machine cannot run the case; the text says why."""


def main(functions):
    """Call as main(globals()): runs them in order, or those named on the command line."""
    sink = open(os.environ.get("TEST_RESULTS", os.devnull), "w", buffering=1)
    failed = False
    for name, function in list(functions.items()):
        case = name.removeprefix("test_").replace("_", " ")
        if not name.startswith("test_") or sys.argv[1:] and case not in sys.argv[1:]:
            continue
        print(f"RUN {case}", file=sink)
        try:
            function()
            outcome = f"PASS {case}"
        except Skip as reason:
            outcome = f"SKIP {case}: {reason}"
        except Exception:
            traceback.print_exc()
            outcome, failed = f"FAIL {case}", True
        print(outcome, file=sink)
        print(outcome, flush=True)
    sys.exit(failed)
