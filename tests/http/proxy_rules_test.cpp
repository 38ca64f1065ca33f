#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

#include <parlance/http/client/proxy_rules.hpp>
#include <parlance/io/error.hpp>

namespace parlance::http {
namespace {

bool excepted(std::string_view list, std::string_view target) {
  return is_excepted(list, url::parse(target).value());
}

TEST(is_excepted, takes_hosts_with_all_below_them) {
  for (const char* list : {"example.com", ".example.com", "*.example.com", "EXAMPLE.com.", "x, example.com",
                           "x example.com y", ",,example.com"}) {
    EXPECT_TRUE(excepted(list, "http://example.com/")) << list;
    EXPECT_TRUE(excepted(list, "http://a.b.example.com/")) << list;
    EXPECT_TRUE(excepted(list, "http://www.example.com./")) << list;
    EXPECT_FALSE(excepted(list, "http://badexample.com/")) << list;
    EXPECT_FALSE(excepted(list, "http://example.org/")) << list;
  }
  EXPECT_TRUE(excepted("*", "http://example.org/"));
  EXPECT_FALSE(excepted("", "http://example.org/"));
  EXPECT_FALSE(excepted(".", "http://example.org/"));
}

TEST(is_excepted, takes_addresses_and_networks) {
  EXPECT_TRUE(excepted("127.0.0.1", "http://127.0.0.1:8000/"));
  EXPECT_TRUE(excepted("10.0.0.0/8", "http://10.200.3.4/"));
  EXPECT_TRUE(excepted("192.168.16.0/20", "http://192.168.31.255/"));
  EXPECT_FALSE(excepted("192.168.16.0/20", "http://192.168.32.0/"));
  EXPECT_TRUE(excepted("0.0.0.0/0", "http://8.8.8.8/"));
  EXPECT_FALSE(excepted("0.0.0.0/0", "http://[::1]/"));
  EXPECT_TRUE(excepted("10.0.0.1/32", "http://10.0.0.1/"));
  EXPECT_FALSE(excepted("10.0.0.1/32", "http://10.0.0.2/"));
  EXPECT_TRUE(excepted("::1/128", "http://[::1]/"));
  EXPECT_TRUE(excepted("::1", "http://[::1]/"));
  EXPECT_TRUE(excepted("[0:0::1]", "http://[::1]/"));
  EXPECT_TRUE(excepted("fe80::/10", "http://[fe9f::1]/"));
  EXPECT_FALSE(excepted("fe80::/10", "http://[fec0::1]/"));
  for (const char* list : {"10.0.0.0/33", "10.0.0.0/", "10.0.0.0/-1", "/8", "0.0.1", ".1", "example.com/8"})
    EXPECT_FALSE(excepted(list, "http://10.0.0.1/")) << list;
  for (const char* list : {"110.0.0.1]", "[10.0.0.12", "110.0.0.0]/8", "[10.0.0.01/8"})
    EXPECT_FALSE(excepted(list, "http://10.0.0.1/")) << list;
}

TEST(is_excepted, takes_ports) {
  EXPECT_TRUE(excepted("example.com:8080", "http://example.com:8080/"));
  EXPECT_FALSE(excepted("example.com:8080", "http://example.com/"));
  EXPECT_TRUE(excepted("example.com:443", "https://example.com/"));
  EXPECT_TRUE(excepted("127.0.0.1:80", "http://127.0.0.1/"));
  EXPECT_TRUE(excepted("[::1]:80", "http://[::1]/"));
  EXPECT_FALSE(excepted("[::1]:81", "http://[::1]/"));
}

class proxy_environment : public testing::Test {
 protected:
  void SetUp() override {
    for (const char* name : {"http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy",
                             "ALL_PROXY", "no_proxy", "NO_PROXY"})
      ::unsetenv(name);
  }
};

TEST_F(proxy_environment, has_http_proxy_in_small_letters_only) {
  ::setenv("HTTP_PROXY", "http://of-a-request", 1);
  ::setenv("HTTPS_PROXY", "http://big", 1);
  EXPECT_EQ(proxy_rules::from_environment().http, "");
  EXPECT_EQ(proxy_rules::from_environment().https, "http://big");
  ::setenv("http_proxy", "http://small", 1);
  ::setenv("https_proxy", "http://smaller", 1);
  EXPECT_EQ(proxy_rules::from_environment().http, "http://small");
  EXPECT_EQ(proxy_rules::from_environment().https, "http://smaller");
}

TEST_F(proxy_environment, has_one_for_all_the_rest) {
  ::setenv("ALL_PROXY", "socks5://a", 1);
  ::setenv("https_proxy", "http://b", 1);
  ::setenv("NO_PROXY", "c", 1);
  const proxy_rules rules = proxy_rules::from_environment();
  EXPECT_EQ(rules.http, "socks5://a");
  EXPECT_EQ(rules.https, "http://b");
  EXPECT_EQ(rules.except, "c");
}

TEST(parsed_proxy, takes_what_people_write) {
  EXPECT_EQ(parsed_proxy::parse("proxy:3128").at.to_string(), "http://proxy:3128");
  EXPECT_EQ(parsed_proxy::parse("HTTP://proxy/").at.to_string(), "http://proxy:80");
  EXPECT_EQ(parsed_proxy::parse("https://proxy").at.to_string(), "https://proxy:443");
  EXPECT_TRUE(parsed_proxy::parse("socks5://proxy").looks_up_here);
  EXPECT_FALSE(parsed_proxy::parse("socks5h://proxy").looks_up_here);
  EXPECT_TRUE(parsed_proxy::parse("socks4://proxy").looks_up_here);
  EXPECT_FALSE(parsed_proxy::parse("socks4a://proxy").looks_up_here);
  EXPECT_EQ(parsed_proxy::parse("me:p%40ss@proxy:1").at.as.password, "p@ss");
  for (const char* bad : {"", "socks6://proxy", "ftp://me:secret@proxy", "http://", "http://proxy:99999",
                          "http://me:secret@pro xy"}) {
    try {
      parsed_proxy::parse(bad);
      ADD_FAILURE() << bad;
    } catch (const io::error& e) {
      EXPECT_FALSE(std::string(e.what()).contains("secret")) << e.what();
    }
  }
}

TEST(route_to, is_another_for_another_proxy_and_another_login) {
  const url http = url::parse("http://a.example/").value(), https = url::parse("https://a.example/").value();
  const auto by = [](const url& target, const char* proxy) {
    return route_to(target, proxy_rules::all(proxy));
  };
  EXPECT_EQ(by(http, "http://p:1").to, by(url::parse("http://b.example/").value(), "http://p:1").to);
  EXPECT_TRUE(by(http, "http://p:1").is_forwarded);
  EXPECT_FALSE(by(https, "http://p:1").is_forwarded);
  EXPECT_FALSE(by(http, "socks5h://p:1").is_forwarded);
  EXPECT_NE(by(https, "http://p:1"), by(https, "http://me@p:1"));
  EXPECT_NE(by(https, "http://p:1"), by(https, "http://q:1"));
  EXPECT_NE(by(https, "http://p:1"), by(https, ""));
}

}  // namespace
}  // namespace parlance::http
