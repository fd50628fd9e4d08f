#include "source/open_sockets.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <gtest/gtest.h>

#include <string>

namespace tonearm::source {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

class OpenSocketsTest : public testing::Test {
 protected:
  tcp::socket connect() {
    tcp::socket socket(loop_, tcp::v4());
    socket.set_option(asio::socket_base::reuse_address(true));
    socket.connect(acceptor_.local_endpoint());
    return socket;
  }
  static curl_socket_t find(OpenSockets& open, const tcp::socket& socket) {
    const std::string remote = socket.remote_endpoint().address().to_string();
    const std::string local = socket.local_endpoint().address().to_string();
    return open.find(
        {remote, socket.remote_endpoint().port(), local, socket.local_endpoint().port()});
  }

  asio::io_context loop_;
  tcp::acceptor acceptor_{loop_, tcp::endpoint(asio::ip::address_v4::loopback(), 0)};
};

TEST_F(OpenSocketsTest, FindsAConnectionsSocketByItsEnds) {
  OpenSockets open;
  tcp::socket one = connect();
  tcp::socket two = connect();
  open.insert(one.native_handle());
  open.insert(two.native_handle());
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(find(open, two), two.native_handle());
    EXPECT_EQ(find(open, one), one.native_handle());
  }
}

// Two connections of one port are two as long as they lead to two addresses.
TEST_F(OpenSocketsTest, TellsConnectionsOfTheSamePortsApart) {
  const auto port = acceptor_.local_endpoint().port();
  tcp::acceptor other(loop_, tcp::endpoint(asio::ip::make_address_v4("127.0.0.2"), port));
  tcp::socket one(loop_);
  tcp::socket two(loop_);
  boost::system::error_code taken;
  do {  // by a connection of another program as well, which does not share the port
    one = connect();
    two = tcp::socket(loop_, tcp::v4());
    two.set_option(asio::socket_base::reuse_address(true));
    two.bind(one.local_endpoint(), taken);
  } while (taken == asio::error::address_in_use);
  two.connect(other.local_endpoint());
  for (tcp::socket* const asked : {&one, &two}) {
    OpenSockets open;
    open.insert(one.native_handle());
    open.insert(two.native_handle());
    EXPECT_EQ(find(open, *asked), asked->native_handle());
  }
}

TEST_F(OpenSocketsTest, KnowsNoSocketThatIsNotItsOwn) {
  OpenSockets open;
  tcp::socket one = connect();
  tcp::socket two = connect();
  open.insert(one.native_handle());
  EXPECT_EQ(find(open, two), CURL_SOCKET_BAD);
  ASSERT_EQ(find(open, one), one.native_handle());
  open.erase(one.native_handle());
  EXPECT_EQ(find(open, one), CURL_SOCKET_BAD);
  EXPECT_EQ(open.get(one.native_handle()), nullptr);
}

TEST_F(OpenSocketsTest, ANumberThatIsUsedAgainIsAnotherSocket) {
  OpenSockets open;
  tcp::socket first = connect();
  const int number = first.native_handle();
  open.insert(number);
  ASSERT_EQ(find(open, first), number);
  const std::string remote = first.remote_endpoint().address().to_string();
  const ConnectionEnds before{remote, first.remote_endpoint().port(), remote,
                              first.local_endpoint().port()};
  open.erase(number);
  open.insert(number);
  tcp::socket other = connect();
  ASSERT_EQ(::dup2(other.native_handle(), number), number);
  EXPECT_EQ(open.find(before), CURL_SOCKET_BAD);
  EXPECT_EQ(find(open, first), number);
}

}  // namespace
}  // namespace tonearm::source
