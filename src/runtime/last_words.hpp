#pragma once
#include <string>

// A container that removes itself takes its exit file along. So that whoever waits for it in
// another process still learns how it ended, that file then lies in the run directory for a while.
namespace containerlib::runtime {

std::string last_words_path(const std::string& run_root, const std::string& id);
/// Removes those that are older than a minute.
void forget_last_words(const std::string& run_root) noexcept;

}  // namespace containerlib::runtime
