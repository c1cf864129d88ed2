#pragma once
#include <containerlib/fd.hpp>

#include <optional>
#include <string>

namespace containerlib::runtime {

/// This process's lock on a state or life file: nobody else starts, removes or cleans up what the
/// file is about. It has two halves, so that there is no moment without one when the monitor takes
/// over: that opens the file by itself. Movable; one thread.
class Claim {
 public:
  /// Of a file that is open for writing. nullopt: somebody else has a claim.
  static std::optional<Claim> take(Fd file, const std::string& subject);
  Claim(Claim&&) = default;
  Claim& operator=(Claim&&) = delete;
  ~Claim();
  int fd() const noexcept { return file_.get(); }
  /// From now on a monitor may take its half.
  void admit_monitor() noexcept;

 private:
  explicit Claim(Fd file) : file_(std::move(file)) {}
  Fd file_;
};

/// Whether another process (or another claim of this one, or a monitor) has one.
bool is_claimed(int fd, const std::string& subject);

}  // namespace containerlib::runtime
