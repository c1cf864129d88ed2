#pragma once
#include <containerlib/fd.hpp>

#include <atomic>
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
  /// Polls readable once the output takes no more.
  int failed_handle() const noexcept { return failed_.get(); }
  /// Why it takes no more, an errno; 0 while it does.
  int error() const noexcept { return error_; }

 private:
  struct Ends {
    Fd owned = {};
    int from = -1, to = -1;
  };
  Pump(Ends ends, bool drain);
  void copy(const Ends&, bool drain) noexcept;
  bool write_all(int to, std::string_view text) noexcept;

  Fd stop_, failed_;
  std::atomic<int> error_ = 0;
  std::thread thread_;
};

}  // namespace containerlib::cli
