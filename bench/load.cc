// A closed-loop HTTP client for the comparison in bench/compare: as many connections as asked, one
// thread each, blocking sockets. Prints one JSON object.
//
//   load ranges PORT PATH TOTAL SIZE COUNT CONNECTIONS   closed ranges of SIZE at random positions
//   load seeks  PORT PATH TOTAL READ COUNT CONNECTIONS   open-ended ranges, READ bytes, then close
//   load hold   PORT PATH RATE SECONDS CONNECTIONS       open-ended, RATE bytes/s each, at once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

class Connection {
 public:
  explicit Connection(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int on = 1;
    ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
      throw std::runtime_error("cannot connect");
    }
  }
  ~Connection() { ::close(socket_); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  int descriptor() const { return socket_; }

  void ask(const std::string& path, std::uint64_t first, const std::string& last) const {
    const std::string head = "GET " + path +
                             " HTTP/1.1\r\nHost: bench\r\nRange: bytes=" + std::to_string(first) +
                             "-" + last + "\r\n\r\n";
    if (::send(socket_, head.data(), head.size(), MSG_NOSIGNAL) < 0) {
      throw std::runtime_error("cannot send");
    }
  }

  /// Reads a head and up to `most` body bytes; returns how many, and when the head came.
  std::uint64_t receive(std::uint64_t most, Clock::time_point* head_came) {
    std::size_t filled = 0;
    std::size_t head_end = std::string_view::npos;
    while (head_end == std::string_view::npos) {
      const ssize_t count = ::recv(socket_, buffer_ + filled, sizeof buffer_ - filled, 0);
      if (count <= 0) throw std::runtime_error("closed in the head");
      filled += static_cast<std::size_t>(count);
      head_end = std::string_view(buffer_, filled).find("\r\n\r\n");
    }
    *head_came = Clock::now();
    if (std::string_view(buffer_, 13).find(" 206") == std::string_view::npos) {
      throw std::runtime_error("not a 206: " + std::string(buffer_, 40));
    }
    std::uint64_t body = filled - head_end - 4;
    while (body < most) {
      const auto want = std::min<std::uint64_t>(sizeof buffer_, most - body);
      const ssize_t count = ::recv(socket_, buffer_, want, 0);
      if (count <= 0) throw std::runtime_error("closed in the body");
      body += static_cast<std::uint64_t>(count);
    }
    return body;
  }

 private:
  int socket_;
  char buffer_[256 * 1024];
};

struct Work {
  std::uint16_t port;
  std::string path;
  std::uint64_t total;
  std::uint64_t size;
  long count;
  int connections;
};

/// Runs `one(thread's state, random position)` Work::count times over all threads.
template <class One>
void run(const Work& work, One one) {
  std::atomic<long> left = work.count;
  std::atomic<std::uint64_t> bytes = 0;
  std::vector<std::vector<double>> waits(static_cast<std::size_t>(work.connections));
  const auto start = Clock::now();
  std::vector<std::thread> threads;
  for (int t = 0; t < work.connections; ++t) {
    threads.emplace_back([&, t] {
      std::mt19937_64 random(static_cast<std::uint64_t>(t) + 1);
      auto& mine = waits[static_cast<std::size_t>(t)];
      auto state = one.start(work);
      while (left.fetch_sub(1) > 0) {
        const std::uint64_t first = random() % (work.total - work.size);
        const auto asked = Clock::now();
        auto came = asked;
        bytes += one(work, state, first, &came);
        mine.push_back(std::chrono::duration<double, std::micro>(came - asked).count());
      }
    });
  }
  for (auto& thread : threads) thread.join();
  const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
  std::vector<double> all;
  for (const auto& some : waits) all.insert(all.end(), some.begin(), some.end());
  std::sort(all.begin(), all.end());
  const auto at = [&](double part) {
    return all.empty() ? 0.0
                       : all[static_cast<std::size_t>(part * static_cast<double>(all.size() - 1))];
  };
  std::printf(
      "{\"requests\": %zu, \"bytes\": %llu, \"seconds\": %.3f, \"ttfb_p50_us\": %.0f, "
      "\"ttfb_p99_us\": %.0f}\n",
      all.size(), static_cast<unsigned long long>(bytes), seconds, at(0.5), at(0.99));
}

struct Ranges {
  std::unique_ptr<Connection> start(const Work& work) const {
    return std::make_unique<Connection>(work.port);
  }
  std::uint64_t operator()(const Work& work, std::unique_ptr<Connection>& connection,
                           std::uint64_t first, Clock::time_point* came) const {
    connection->ask(work.path, first, std::to_string(first + work.size - 1));
    return connection->receive(work.size, came);
  }
};

struct Seeks {
  int start(const Work&) const { return 0; }
  std::uint64_t operator()(const Work& work, int&, std::uint64_t first,
                           Clock::time_point* came) const {
    auto connection = std::make_unique<Connection>(work.port);
    connection->ask(work.path, first, "");
    return connection->receive(work.size, came);
  }
};

/// Many listeners on one thread, each read at its rate: what matters is what the proxy holds.
void hold(std::uint16_t port, const std::string& path, std::uint64_t rate, int seconds, int count) {
  std::vector<int> sockets;
  for (int i = 0; i < count; ++i) {
    auto* connection = new Connection(port);  // held until the program ends
    connection->ask(path, 0, "");
    sockets.push_back(connection->descriptor());
  }
  std::vector<char> buffer(rate);
  std::uint64_t bytes = 0;
  const auto start = Clock::now();
  for (int tick = 1; tick <= seconds; ++tick) {
    for (const int socket : sockets) {
      const ssize_t got = ::recv(socket, buffer.data(), buffer.size(), MSG_DONTWAIT);
      if (got > 0) bytes += static_cast<std::uint64_t>(got);
    }
    std::this_thread::sleep_until(start + std::chrono::seconds(tick));
    if (tick == seconds - 1) {
      std::printf("ready\n");
      std::fflush(stdout);
    }
  }
  std::getchar();
  std::printf("{\"bytes\": %llu}\n", static_cast<unsigned long long>(bytes));
}

}  // namespace

int main(int argc, char** argv) try {
  const auto arg = [&](int i) { return i < argc ? std::string(argv[i]) : std::string("0"); };
  const auto port = static_cast<std::uint16_t>(std::stoul(arg(2)));
  if (arg(1) == "hold") {
    hold(port, arg(3), std::stoull(arg(4)), std::stoi(arg(5)), std::stoi(arg(6)));
    return 0;
  }
  const Work work{
      port, arg(3), std::stoull(arg(4)), std::stoull(arg(5)), std::stol(arg(6)), std::stoi(arg(7))};
  if (arg(1) == "ranges") {
    run(work, Ranges{});
  } else if (arg(1) == "seeks") {
    run(work, Seeks{});
  } else {
    std::fprintf(stderr, "usage: load ranges|seeks|hold PORT PATH …\n");
    return 2;
  }
  return 0;
} catch (const std::exception& error) {
  std::fprintf(stderr, "load: %s\n", error.what());
  return 1;
}
