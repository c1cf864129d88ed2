#pragma once
#include <functional>

namespace containerlib::cli {

/// Does `work` in a process of its own that outlives this command and has none of its streams, and
/// returns once that has called `ready`; an Error before that is thrown here. To be called before
/// the first thread and before the runtime is opened.
void in_background(const std::function<void(const std::function<void()>& ready)>& work);

}  // namespace containerlib::cli
