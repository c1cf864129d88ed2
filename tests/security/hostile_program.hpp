#pragma once
#include <map>
#include <string>
#include <vector>

#include "integration/fixture.hpp"

// What hostile.c tries from inside of a container.
namespace tests {

/// The program as /hostile.
inline const std::vector<cl::Mount> with_hostile = {{.source = HOSTILE, .target = "/hostile"}};

/// What each call of `/hostile calls` was answered: "done", or the name of an errno.
inline std::map<std::string, std::string> answers(const std::string& output) {
  std::map<std::string, std::string> out;
  for (const std::string& line : lines_of(output))
    out[line.substr(0, line.find(' '))] = line.substr(line.find(' ') + 1);
  return out;
}

}  // namespace tests
