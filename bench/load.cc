// A closed-loop HTTP client for the arena: as many connections as asked, one thread each, blocking
// sockets; every byte is verified (content.h). Prints one JSON object.
//
//   bench_load MODE key=value…
//
//   ranges  closed ranges of `size`: at random positions, or with each=STEP one at every STEP
//           bytes of all songs, counted from `from`, in mixed order, and around again
//   whole   whole songs, without Range
//   seeks   open-ended ranges at random positions: `size` bytes are read, and the connection
//           is closed
//   hold    `connections` listeners of `rate` bytes/s each for `seconds`; prints "ready" and
//           waits for a line before it ends
//
//   port, path     where: path + song number
//   song, songs    the first song and how many
//   length, size, from, count, connections, rate, seconds

#include "content.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <memory>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

/// Where one request starts.
struct Place {
  std::uint64_t song;
  std::uint64_t first;
};

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

  /// `range` is empty or a Range field with its line end.
  void ask(const std::string& path, std::uint64_t song, const std::string& range) const {
    const std::string head =
        "GET " + path + std::to_string(song) + " HTTP/1.1\r\nHost: bench\r\n" + range + "\r\n";
    if (::send(socket_, head.data(), head.size(), MSG_NOSIGNAL) < 0) {
      throw std::runtime_error("cannot send");
    }
  }

  /// Reads a head and `size` body bytes; returns when the first of them came.
  Clock::time_point receive(Place place, std::uint64_t size, std::string_view status) {
    std::size_t filled = 0;
    std::size_t head_end = std::string_view::npos;
    while (head_end == std::string_view::npos) {
      filled += receive_some(filled, sizeof buffer_);
      head_end = std::string_view(buffer_, filled).find("\r\n\r\n");
    }
    if (std::string_view(buffer_, 12).substr(9) != status) {
      throw std::runtime_error("not " + std::string(status) + ": " + std::string(buffer_, 40));
    }
    auto came = Clock::now();
    std::uint64_t body = filled - head_end - 4;
    verify({buffer_ + head_end + 4, static_cast<std::size_t>(body)}, place, 0);
    while (body < size) {
      const std::size_t count = receive_some(0, size - body);
      if (body == 0) came = Clock::now();
      verify({buffer_, count}, place, body);
      body += count;
    }
    return came;
  }

 private:
  std::size_t receive_some(std::size_t filled, std::uint64_t most) {
    const auto room = std::min<std::uint64_t>(sizeof buffer_ - filled, most);
    const ssize_t count = ::recv(socket_, buffer_ + filled, room, 0);
    if (count <= 0) throw std::runtime_error("closed before the end");
    return static_cast<std::size_t>(count);
  }

  static void verify(std::span<const char> bytes, Place place, std::uint64_t offset) {
    if (!tonearm::bench::is_content(bytes, place.song, place.first + offset)) {
      throw std::runtime_error("a wrong byte in song " + std::to_string(place.song) + " behind " +
                               std::to_string(place.first + offset));
    }
  }

  int socket_;
  char buffer_[256 * 1024];
};

struct Work {
  std::uint16_t port;
  std::string path;
  std::uint64_t song;
  std::uint64_t songs;
  std::uint64_t length;
  std::uint64_t size;
  std::uint64_t each;
  std::uint64_t from;
  std::uint64_t count;
  std::uint64_t connections;

  /// The request with this number. Numbers are mixed, so that no order helps anybody.
  Place place(std::uint64_t number) const {
    constexpr std::uint64_t stride = 7919;  // a prime, and no count's divisor here
    const std::uint64_t mixed = number * stride % count;
    if (each != 0) {
      const std::uint64_t in_song = length / each;
      return {song + mixed / in_song % songs, mixed % in_song * each + from};
    }
    std::mt19937_64 random(number);
    const std::uint64_t of = song + random() % songs;
    return {of, random() % (length - size + 1)};
  }
};

std::string range_field(std::uint64_t first, std::string last) {
  return "Range: bytes=" + std::to_string(first) + "-" + last + "\r\n";
}

struct Ranges {
  Clock::time_point operator()(const Work& work, std::unique_ptr<Connection>& connection,
                               Place place) const {
    if (!connection) connection = std::make_unique<Connection>(work.port);
    connection->ask(work.path, place.song,
                    range_field(place.first, std::to_string(place.first + work.size - 1)));
    return connection->receive(place, work.size, "206");
  }
};

struct Whole {
  Clock::time_point operator()(const Work& work, std::unique_ptr<Connection>& connection,
                               Place place) const {
    if (!connection) connection = std::make_unique<Connection>(work.port);
    connection->ask(work.path, place.song, "");
    return connection->receive({place.song, 0}, work.length, "200");
  }
};

struct Seeks {
  Clock::time_point operator()(const Work& work, std::unique_ptr<Connection>& connection,
                               Place place) const {
    connection = std::make_unique<Connection>(work.port);
    connection->ask(work.path, place.song, range_field(place.first, ""));
    const auto came = connection->receive(place, work.size, "206");
    connection.reset();
    return came;
  }
};

double part_of(const std::vector<double>& sorted, double part) {
  return sorted.empty()
             ? 0
             : sorted[static_cast<std::size_t>(part * static_cast<double>(sorted.size() - 1))];
}

/// Makes `count` requests over all connections.
template <class One>
void run(const Work& work, One one) {
  std::atomic<std::uint64_t> next = 0;
  std::vector<std::vector<double>> waits(work.connections);
  const auto start = Clock::now();
  std::vector<std::thread> threads;
  for (std::vector<double>& mine : waits) {
    threads.emplace_back([&] {
      std::unique_ptr<Connection> connection;
      for (std::uint64_t number = next++; number < work.count; number = next++) {
        const auto asked = Clock::now();
        const auto came = one(work, connection, work.place(number));
        mine.push_back(std::chrono::duration<double, std::micro>(came - asked).count());
      }
    });
  }
  for (auto& thread : threads) thread.join();
  const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
  std::vector<double> all;
  for (const auto& some : waits) all.insert(all.end(), some.begin(), some.end());
  std::sort(all.begin(), all.end());
  std::printf(
      "{\"requests\": %zu, \"seconds\": %.4f, \"ttfb_p50_us\": %.0f, \"ttfb_p99_us\": %.0f}\n",
      all.size(), seconds, part_of(all, 0.5), part_of(all, 0.99));
}

/// Many listeners on one thread, each read at its rate: what matters is what the proxy holds, and
/// that nobody starves.
void hold(const Work& work, std::uint64_t rate, std::uint64_t seconds) {
  struct Listener {
    Connection* connection;
    std::uint64_t received = 0;
  };
  std::vector<Listener> listeners;
  for (std::uint64_t i = 0; i < work.connections; ++i) {
    auto* connection = new Connection(work.port);  // held until the program ends
    connection->ask(work.path, work.song + i % work.songs, range_field(0, ""));
    listeners.push_back({connection});
  }
  std::vector<char> buffer(rate);
  const auto start = Clock::now();
  for (std::uint64_t tick = 1; tick <= seconds; ++tick) {
    for (Listener& listener : listeners) {
      const ssize_t got =
          ::recv(listener.connection->descriptor(), buffer.data(), buffer.size(), MSG_DONTWAIT);
      if (got > 0) listener.received += static_cast<std::uint64_t>(got);
    }
    std::this_thread::sleep_until(start + std::chrono::seconds(tick));
  }
  std::printf("ready\n");
  std::fflush(stdout);
  std::getchar();
  const auto starved = std::count_if(listeners.begin(), listeners.end(), [&](const Listener& one) {
    return one.received < rate * (seconds - 1) / 2;
  });
  std::printf("{\"starved\": %ld}\n", static_cast<long>(starved));
}

}  // namespace

int main(int argc, char** argv) try {
  const std::string mode = argc > 1 ? argv[1] : "";
  std::map<std::string, std::string, std::less<>> given;
  for (int i = 2; i < argc; ++i) {
    const std::string_view argument = argv[i];
    const std::size_t equals = argument.find('=');
    given.emplace(argument.substr(0, equals),
                  argument.substr(std::min(equals, argument.size() - 1) + 1));
  }
  const auto value = [&](std::string_view key, std::uint64_t otherwise) {
    const auto found = given.find(key);
    return found == given.end() ? otherwise : std::stoull(found->second);
  };
  const Work work{static_cast<std::uint16_t>(value("port", 0)),
                  given["path"],
                  value("song", 1),
                  value("songs", 1),
                  value("length", 0),
                  value("size", 0),
                  value("each", 0),
                  value("from", 0),
                  value("count", 1),
                  value("connections", 1)};
  if (mode == "hold") {
    hold(work, value("rate", 0), value("seconds", 1));
  } else if (mode == "ranges") {
    run(work, Ranges{});
  } else if (mode == "whole") {
    run(work, Whole{});
  } else if (mode == "seeks") {
    run(work, Seeks{});
  } else {
    std::fprintf(stderr, "usage: bench_load ranges|whole|seeks|hold key=value…\n");
    return 2;
  }
  return 0;
} catch (const std::exception& error) {
  std::fprintf(stderr, "bench_load: %s\n", error.what());
  return 1;
}
