#include "sandbox/seccomp_oci.hpp"

#include <doctest/doctest.h>
