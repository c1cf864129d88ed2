#pragma once
#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include "base/error.hpp"

/// A directory of the test's own, gone at its end.
class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string path = "/tmp/containerlib-test-XXXXXX";
    REQUIRE(::mkdtemp(path.data()) != nullptr);
    path_ = path;
  }
  ~TemporaryDirectory() { std::filesystem::remove_all(path_); }
  std::string operator/(const std::string& name) const { return path_ + '/' + name; }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

/// The field that an invalid_option names; "" when nothing of the kind was thrown.
template <class Work>
std::string refused_field(Work&& work) {
  try {
    work();
  } catch (const containerlib::Error& error) {
    if (error.code() == containerlib::Errc::invalid_option) return error.subject();
    return error.what();
  }
  return "";
}
