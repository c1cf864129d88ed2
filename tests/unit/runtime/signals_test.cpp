#include "runtime/signals.hpp"

#include <doctest/doctest.h>

#include <csignal>

using namespace containerlib::runtime;

TEST_CASE("signals are read by name and number") {
  CHECK(parse_signal("SIGTERM") == SIGTERM);
  CHECK(parse_signal("term") == SIGTERM);
  CHECK(parse_signal("15") == 15);
  CHECK(parse_signal("sigusr1") == SIGUSR1);
  CHECK(parse_signal("SIGRTMIN+3") == 37);
  CHECK(parse_signal("RTMIN") == 34);
  CHECK(parse_signal("SIGRTMAX-1") == 63);
}

TEST_CASE("what is no signal is refused") {
  for (const char* text : {"", "SIG", "SIGNOPE", "0", "65", "-9", "9x", "RTMIN+31", "RTMIN+-1",
                           "RTMAX-64", "1000000000000"})
    CHECK_MESSAGE(!parse_signal(text), text);
}

TEST_CASE("signals have names") {
  CHECK(signal_name(SIGKILL) == "SIGKILL");
  CHECK(signal_name(40) == "signal 40");
}
