#include "monitor/life_record.hpp"

#include "fuzz/fuzz.hpp"

using namespace containerlib::monitor;

void fuzz::one(std::string_view input) {
  LifeRecord record, again;
  if (!parse_life(input, record)) return;
  char text[life_record_size];
  format_life(text, record);
  require(parse_life({text, sizeof text}, again), "what is written can be read");
  require(again.state == record.state && again.pid == record.pid &&
              again.started_ns == record.started_ns && again.exit.code == record.exit.code &&
              again.exit.signaled == record.exit.signaled &&
              again.exit.oom_killed == record.exit.oom_killed &&
              again.exit.finished_ns == record.exit.finished_ns,
          "a record read again is the same");
}
