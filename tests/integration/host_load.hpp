#pragma once
#include <atomic>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "integration/fixture.hpp"

// Threads that use the library, and one that watches the process meanwhile.
namespace tests {

/// Looks at the process again and again from a thread of its own.
class Sampler {
 public:
  Sampler();
  ~Sampler() { stop(); }
  void stop();
  /// After stop(): what was seen to differ from the first look; the number of looks.
  const std::string& seen() const { return seen_; }
  int looks() const { return looks_; }
  /// From now on changes count: all threads of the host have started.
  void begin() { begun_ = true; }

 private:
  void sample();
  std::string seen_;
  int looks_ = 0;
  std::atomic<bool> ready_ = false, begun_ = false, stop_ = false;
  std::thread thread_;
};

/// Starts, executes in, stops containers. Throws when a result is wrong, or a call has changed what
/// is the calling thread's own.
void use_containers(cl::Runtime&, const cl::Image&);
/// The same, and most else that one does with containers, also what fails.
void use_everything(cl::Runtime&, const cl::Image&);

/// Threads that wait for begin(), do their work, and stay until the end: their number is looked at.
class Users {
 public:
  using Work = std::function<void(cl::Runtime&, const cl::Image&)>;
  Users(cl::Runtime& runtime, int number, Work);
  ~Users();
  /// Lets them begin and waits until all are done. What went wrong, if anything.
  std::string begin();

 private:
  void use();
  cl::Runtime& runtime_;
  const cl::Image image_;
  const Work work_;
  std::mutex mutex_;
  std::string wrong_;
  std::atomic<int> waiting_ = 0, done_ = 0;
  std::atomic<bool> begun_ = false, leave_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace tests
