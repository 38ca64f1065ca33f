// Fetches the URLs that come as lines on standard input, sixteen at a time, and prints how each went.
#include <iostream>
#include <unistd.h>
#include <parlance/http.hpp>
#include <parlance/io/semaphore.hpp>
#include <parlance/net.hpp>
using namespace parlance;

io::task<> fetch(std::string url, io::semaphore::guard) {
  try {
    auto page = co_await http::get(url);
    std::cout << page.status << " " << page.body.size() << " " << url << std::endl;
  } catch (const io::error& e) {
    std::cout << e.what() << std::endl;
  }
}

io::task<> fetch_all() {
  io::semaphore places(16);
  io::scope fetches;
  io::input urls(STDIN_FILENO);
  for (std::string url; co_await urls.read_line(url);) fetches.spawn(fetch(url, co_await places.acquire()));
  co_await fetches.join();
}

int main() { io::wait(fetch_all()); }
