#pragma once
#include <containerlib/fd.hpp>
#include <thread>

namespace containerlib::cli {

/// Copies one stream to another on a thread of its own, until the end of the input, an error of the
/// output, or finish().
class Pump {
 public:
  /// `to` is closed when the copying ends, if it is owned.
  Pump(Fd from, int to);
  Pump(int from, Fd to);
  Pump(const Pump&) = delete;
  Pump& operator=(const Pump&) = delete;
  ~Pump();

  /// The source will get no more: copies what is there and ends.
  void finish() noexcept;

 private:
  struct Ends {
    Fd owned = {};
    int from = -1, to = -1, stop = -1;
  };
  Pump(Ends ends, bool drain);
  static void copy(Ends, bool drain) noexcept;

  Fd stop_;
  std::thread thread_;
};

}  // namespace containerlib::cli
