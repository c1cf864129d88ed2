#pragma once
// The whole API. asio.hpp is opt-in.
#include <containerlib/runtime.hpp>
