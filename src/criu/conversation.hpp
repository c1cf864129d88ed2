#pragma once
#include <sys/types.h>
#include <containerlib/fd.hpp>

#include <functional>
#include <string>
#include <string_view>

#include "criu/message.hpp"

// What is said to a criu that was started as "criu swrk", which does one request that comes by a
// socket (its rpc.proto) and ends. In difference to its command line this way it hands out
// terminals, and something can be done while it works.
namespace containerlib::criu {

/// criu_req_type.
enum class Job : unsigned { dump = 1, restore = 2, single_pre_dump = 13 };

/// Where criu is (its action scripts' names), the process it is about, and a descriptor.
struct Notice {
  std::string script;
  pid_t pid = 0;
  Fd fd;
};

struct Answer {
  bool success = false;
  pid_t pid = 0;  ///< of what was restored
};

/// Sends the request with its options (criu_opts) and waits for the answer. When `on_notice`
/// throws, criu undoes what it has done, and this throws the same. A criu that ends without an
/// answer has failed.
Answer ask(int socket, Job, const Message& options, const std::function<void(Notice&)>& on_notice);

/// The last errors in a log of criu, as one line; empty: none.
std::string errors_in(std::string_view log);

}  // namespace containerlib::criu
