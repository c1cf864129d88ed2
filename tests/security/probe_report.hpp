#pragma once
#include <map>
#include <set>
#include <string>
#include <vector>

#include "integration/fixture.hpp"

// What tests/security/probe says, and what it has to be told.
namespace tests {

struct ProbeReport {
  explicit ProbeReport(const std::string& output);
  std::map<std::string, std::string> failed, skipped;  ///< by check: what was seen, why
  std::set<std::string> good;
  bool complete = false;  ///< its last check is there
};

/// An abstract socket that this process, which is the host, listens on.
class AbstractSocket {
 public:
  AbstractSocket();
  AbstractSocket(const AbstractSocket&) = delete;
  const std::string& name() const { return name_; }

 private:
  std::string name_;
  cl::Fd fd_;
};

/// State of this process, as hosts have it that take no care, which its children inherit:
/// no address randomisation, no huge pages, pages merged, timers to the nanosecond, no file mode
/// creation mask, a signal ignored and one blocked, a descriptor without close-on-exec, a variable;
/// as root real-time priority for the processor and the disk, and capabilities that survive setuid.
class CarelessHost {
 public:
  CarelessHost();
  CarelessHost(const CarelessHost&) = delete;
  ~CarelessHost();

 private:
  int personality_, umask_, descriptor_;
  long timer_slack_;
};

/// The probe with the arguments that tell it of the host.
Args probe_command(const AbstractSocket&, const std::string& program = "/probe");

/// An image with the probe at /probe and busybox; its tag is "probe".
class ProbeImage {
 public:
  explicit ProbeImage(Containers&);
  ProbeImage(const ProbeImage&) = delete;
  ~ProbeImage();
  const cl::Image& image() const { return image_; }

 private:
  Containers& containers_;
  cl::Image image_;
};

}  // namespace tests
