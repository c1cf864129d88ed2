#include <pthread.h>
#include <signal.h>

#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>

#include "archive/source.hpp"

namespace containerlib::archive {
namespace {

constexpr std::size_t max_waiting = 8;  // buffers: about 2 MiB

class ReadAhead : public Source {
 public:
  explicit ReadAhead(Source& from) : from_(from) { has_thread_ = start(); }

  ~ReadAhead() override {
    if (!has_thread_) return;
    {
      std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    changed_.notify_all();
    ::pthread_join(thread_, nullptr);
  }

  std::string_view next() override {
    if (!has_thread_) return from_.next();
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return !waiting_.empty() || ended_; });
    if (waiting_.empty()) {
      if (failure_) std::rethrow_exception(failure_);
      return {};
    }
    current_ = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    changed_.notify_all();
    return current_;
  }

 private:
  bool start() {
    pthread_attr_t attributes;
    if (::pthread_attr_init(&attributes) != 0) return false;
    sigset_t all;
    ::sigfillset(&all);
    // Set for the new thread alone: the caller's mask is the host's business.
    int result = ::pthread_attr_setsigmask_np(&attributes, &all);
    if (result == 0)
      result = ::pthread_create(
          &thread_, &attributes,
          [](void* self) -> void* {
            static_cast<ReadAhead*>(self)->run();
            return nullptr;
          },
          this);
    ::pthread_attr_destroy(&attributes);
    return result == 0;
  }

  void run() noexcept {
    std::exception_ptr failure;
    try {
      while (true) {
        std::string_view data = from_.next();
        if (data.empty() || !hand_over(std::string(data))) break;
      }
    } catch (...) {
      failure = std::current_exception();
    }
    std::lock_guard lock(mutex_);
    failure_ = failure;
    ended_ = true;
    changed_.notify_all();
  }

  /// False when nobody wants more.
  bool hand_over(std::string data) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return waiting_.size() < max_waiting || stopping_; });
    if (stopping_) return false;
    waiting_.push_back(std::move(data));
    lock.unlock();
    changed_.notify_all();
    return true;
  }

  Source& from_;
  pthread_t thread_{};
  bool has_thread_ = false;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::string> waiting_;
  std::string current_;
  std::exception_ptr failure_;
  bool ended_ = false, stopping_ = false;
};

}  // namespace

std::unique_ptr<Source> read_ahead(Source& from) { return std::make_unique<ReadAhead>(from); }

}  // namespace containerlib::archive
