// asio_wait DATA ROOTFS: two containers and a timer on one thread, with Boost.Asio.
#include <containerlib/asio.hpp>
#include <containerlib/containerlib.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <iostream>

namespace asio = boost::asio;
namespace cl = containerlib;
using namespace std::chrono_literals;

int main(int argc, char** argv) {
  if (argc < 3) {
    std::cerr << "usage: asio_wait DATA ROOTFS\n";
    return 2;
  }
  try {
    const std::filesystem::path data = argv[1];
    cl::Runtime runtime({.root = data, .run_root = data / "run"});
    cl::Image image = runtime.import(argv[2]);
    cl::Container brief = runtime.start(image, {.args = {"sh", "-c", "exit 3"}});
    cl::Container endless = runtime.start(image, {.args = {"sleep", "1000"}});

    asio::io_context loop;
    const auto say = [](const char* name) {
      return [name](boost::system::error_code, const cl::ExitStatus& status) {
        std::cout << name << ": " << status.message() << '\n';
      };
    };
    cl::async_wait(loop.get_executor(), brief, say("brief"));
    cl::async_wait(loop.get_executor(), endless, say("endless"));
    asio::steady_timer timer(loop, 500ms);
    timer.async_wait([&](boost::system::error_code) { endless.kill(); });
    loop.run();
    return 0;
  } catch (const cl::Error& error) {
    std::cerr << "asio_wait: " << error.what() << '\n';
    return 125;
  }
}
