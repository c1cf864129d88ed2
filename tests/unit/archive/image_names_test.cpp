#include "archive/image_names.hpp"

#include <doctest/doctest.h>

using namespace containerlib::archive;

TEST_CASE("a layout's repository is the base name of its directory or archive") {
  CHECK(repository_of("/tmp/dir") == "dir");
  CHECK(repository_of("dir/") == "dir");
  CHECK(repository_of("dir/.") == "dir");
  CHECK(repository_of("/tmp/x/../busybox.tar.gz") == "busybox");
  CHECK(repository_of("Base.oci.tar") == "base");
  CHECK(repository_of("a.tgz") == "a");
  for (const char* none : {"/", "image archive", "a:b", "-x"}) {
    CAPTURE(none);
    CHECK(repository_of(none).empty());
  }
}

TEST_CASE("the whole name is preferred to the tag") {
  CHECK(annotated_name({{image_name_annotation, "docker.io/library/a:1"},
                        {ref_name_annotation, "1"}}) == "docker.io/library/a:1");
  CHECK(annotated_name({{ref_name_annotation, "1"}}) == "1");
}
