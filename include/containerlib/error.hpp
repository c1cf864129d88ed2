#pragma once
#include <containerlib/config.hpp>

#include <string>
#include <system_error>
#include <utility>
#include <variant>

CONTAINERLIB_BEGIN_NAMESPACE

/// Conditions of the library itself. Kernel errors keep their errno in Error::code(), category
/// std::generic_category().
enum class Errc {
  invalid_option = 1,  ///< a field of an options struct is wrong; Error::subject() names the field
  image_not_found,
  image_corrupt,  ///< a digest, size, media type or archive does not hold what it promises
  container_not_found,
  name_in_use,
  in_use,  ///< used by a container that still exists or runs; an image's id has several names
  not_running,
  already_running,
  command_not_found,  ///< no such program in the container (a shell says 127)
  not_executable,     ///< the program may not be executed (a shell says 126)
  unknown_user,       ///< the user or group is not in the image's own /etc/passwd or /etc/group
  unsupported,        ///< this kernel or host lacks it; Error::hint() says what
  not_permitted,      ///< the host forbids it to this user
  timed_out,
  monitor_lost,     ///< the monitor process ended; its attached containers were killed
  used_after_fork,  ///< the object belongs to the parent process
};
CONTAINERLIB_API const std::error_category& containerlib_category() noexcept;
CONTAINERLIB_API std::error_code make_error_code(Errc) noexcept;

/// The one exception type: what was tried, on which object, why it failed, and what to try next.
/// what() is "operation subject: reason (hint)", one line, printable characters only.
class CONTAINERLIB_API Error : public std::system_error {
 public:
  Error(std::error_code code, std::string operation, std::string subject = {},
        std::string hint = {});
  const char* what() const noexcept override;
  const std::string& operation() const noexcept { return operation_; }  ///< "mount overlay"
  const std::string& subject() const noexcept { return subject_; }      ///< "/var/lib/…/upper"
  const std::string& hint() const noexcept { return hint_; }

 private:
  std::string operation_, subject_, hint_, what_;
};

namespace detail {
[[noreturn]] CONTAINERLIB_API void raise(const Error&);
}

/// A value or an Error: what every try_ function returns, for hosts that build without exceptions
/// or handle failure in place. The part of std::expected<T, Error> that is needed, in C++20.
template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}
  bool has_value() const noexcept { return state_.index() == 0; }
  explicit operator bool() const noexcept { return has_value(); }
  /// The value; throws the Error when there is none.
  T& value() & {
    if (!has_value()) detail::raise(error());
    return *std::get_if<0>(&state_);
  }
  T value() && {
    if (!has_value()) detail::raise(error());
    return std::move(*std::get_if<0>(&state_));
  }
  T& operator*() noexcept { return *std::get_if<0>(&state_); }
  T* operator->() noexcept { return std::get_if<0>(&state_); }
  /// The error; only when !has_value().
  const Error& error() const noexcept { return *std::get_if<1>(&state_); }

 private:
  std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : state_(std::move(error)) {}
  bool has_value() const noexcept { return state_.index() == 0; }
  explicit operator bool() const noexcept { return has_value(); }
  void value() const {
    if (!has_value()) detail::raise(error());
  }
  const Error& error() const noexcept { return *std::get_if<1>(&state_); }

 private:
  std::variant<std::monostate, Error> state_;
};

CONTAINERLIB_END_NAMESPACE
template <>
struct std::is_error_code_enum<containerlib::Errc> : std::true_type {};
