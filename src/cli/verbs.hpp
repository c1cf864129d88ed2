#pragma once
#include "cli/arguments.hpp"
#include "cli/context.hpp"

// What the command can do. A verb gets the words after its name and returns the exit code.
namespace containerlib::cli {

using Verb = int (*)(Context&, const Arguments&);

int run(Context&, const Arguments&);  // run.cpp
int create(Context&, const Arguments&);
int start(Context&, const Arguments&);  // start.cpp
int exec(Context&, const Arguments&);   // exec.cpp
int stop(Context&, const Arguments&);   // lifecycle.cpp
int kill(Context&, const Arguments&);
int pause(Context&, const Arguments&);
int unpause(Context&, const Arguments&);
int wait(Context&, const Arguments&);
int remove(Context&, const Arguments&);
int checkpoint(Context&, const Arguments&);  // checkpoint.cpp
int restore(Context&, const Arguments&);
int logs(Context&, const Arguments&);     // logs.cpp
int stats(Context&, const Arguments&);    // stats.cpp
int ps(Context&, const Arguments&);       // ps.cpp
int inspect(Context&, const Arguments&);  // inspect.cpp
int inspect_image(Context&, const Arguments&);
int inspect_container(Context&, const Arguments&);
int images(Context&, const Arguments&);  // images.cpp
int tag(Context&, const Arguments&);
int remove_image(Context&, const Arguments&);
int load(Context&, const Arguments&);  // archives.cpp
int import(Context&, const Arguments&);
int save(Context&, const Arguments&);
int version(Context&, const Arguments&);  // info.cpp
int info(Context&, const Arguments&);

}  // namespace containerlib::cli
