#include <iostream>  // sends a word and prints the answer
#include <parlance/net.hpp>
using namespace parlance;
int main() {
  auto server = io::wait(net::connect("localhost:8000"));
  io::wait(server.send("hello"));
  std::cout << io::wait(server.recv()) << '\n';
}
