// Fetches a page by writing the request to a socket by hand: fetch_by_hand HOST:PORT [PATH]
#include <iostream>
#include <parlance/net.hpp>
using namespace parlance;

io::task<> fetch(std::string address, std::string path) {
  auto server = co_await net::connect(address);
  co_await server.send("GET " + path + " HTTP/1.1\r\nHost: " + address + "\r\nConnection: close\r\n\r\n");
  for (std::string_view text; !(text = co_await server.recv()).empty();) std::cout << text;
}

int main(int argc, char** argv) {
  if (argc < 2) return std::cerr << "usage: fetch_by_hand HOST:PORT [PATH]\n", 2;
  io::wait(fetch(argv[1], argc > 2 ? argv[2] : "/"));
}
