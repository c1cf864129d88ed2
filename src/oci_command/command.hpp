#pragma once
#include <span>
#include <string>

#include "bundle/host.hpp"
#include "oci_command/arguments.hpp"
#include "oci_command/log.hpp"

// What main() knows of a command: the table is in commands.cpp, each is in a file of its name.
namespace containerlib::oci_command {

struct Context {
  std::string root;
  bundle::CgroupManager cgroup_manager = bundle::CgroupManager::cgroupfs;
  std::string criu = "criu";  ///< the program for checkpoint and restore
  Log& log;

  bundle::Host host() const;
};

struct Command {
  const char* name;
  const char* words;  ///< what follows the options, for the usage
  const char* summary;
  int least, most;    ///< how many words; most -1: any
  int command_after;  ///< see Arguments
  std::span<const Option> options;
  int (*run)(const Context&, const Arguments&);
  bool makes_process = false;  ///< of a container
};

std::span<const Command> commands();

int create(const Context&, const Arguments&);
int start(const Context&, const Arguments&);
int run(const Context&, const Arguments&);
int state(const Context&, const Arguments&);
int kill(const Context&, const Arguments&);
int remove(const Context&, const Arguments&);
int exec(const Context&, const Arguments&);
int ps(const Context&, const Arguments&);
int list(const Context&, const Arguments&);
int pause(const Context&, const Arguments&);
int resume(const Context&, const Arguments&);
int update(const Context&, const Arguments&);
int events(const Context&, const Arguments&);
int checkpoint(const Context&, const Arguments&);
int restore(const Context&, const Arguments&);
int spec(const Context&, const Arguments&);
int features(const Context&, const Arguments&);

/// Writes to standard output as a whole; throws when that fails.
void print(std::string_view);

}  // namespace containerlib::oci_command
