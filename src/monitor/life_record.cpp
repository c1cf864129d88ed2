#include "monitor/life_record.hpp"

#include <charconv>
#include <cstring>

namespace containerlib::monitor {
namespace {

using State = LifeRecord::State;

std::string_view word_of(const LifeRecord& record) {
  switch (record.state) {
    case State::created: break;
    case State::running: return "running";
    case State::ended: return record.exit.signaled ? "signaled" : "exited";
  }
  return "created";
}

bool set_word(std::string_view word, LifeRecord& to) {
  to.exit.signaled = word == "signaled";
  if (word == "created") {
    to.state = State::created;
  } else if (word == "running") {
    to.state = State::running;
  } else {
    to.state = State::ended;
    return word == "exited" || word == "signaled";
  }
  return true;
}

/// Takes " NUMBER" off the front.
template <class Number>
bool take(std::string_view& text, Number& to) {
  if (!text.starts_with(' ')) return false;
  const auto [end, error] = std::from_chars(text.data() + 1, text.data() + text.size(), to);
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return error == std::errc();
}

}  // namespace

void format_life(char (&out)[life_record_size], const LifeRecord& record) {
  const std::string_view word = word_of(record);
  std::memset(out, ' ', sizeof out);
  std::memcpy(out, word.data(), word.size());
  char* const last = out + sizeof out - 1 - word.size();
  std::memcpy(last, word.data(), word.size());
  out[sizeof out - 1] = '\n';
  char* at = out + word.size();
  const bool runs = record.state == State::running;
  for (const std::int64_t number :
       {std::int64_t{runs ? record.pid : record.exit.code}, std::int64_t{record.exit.oom_killed},
        record.started_ns, record.exit.finished_ns})
    at = std::to_chars(at + 1, last - 1, number).ptr;
}

bool parse_life(std::string_view text, LifeRecord& to) {
  if (text.size() < life_record_size || text[life_record_size - 1] != '\n') return false;
  text = text.substr(0, life_record_size - 1);
  const std::string_view word = text.substr(0, text.find(' '));
  if (!text.ends_with(word) || !set_word(word, to)) return false;
  text.remove_prefix(word.size());
  int number = 0, oom = 0;
  if (!take(text, number) || !take(text, oom) || !take(text, to.started_ns) ||
      !take(text, to.exit.finished_ns) || !text.starts_with(' '))
    return false;
  (to.state == State::running ? to.pid : to.exit.code) = number;
  to.exit.oom_killed = oom != 0;
  return true;
}

}  // namespace containerlib::monitor
