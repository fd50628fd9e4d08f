// A closed-loop HTTP client for the arena: as many connections as asked, one thread, one buffer
// that stays in the core's cache; every byte is verified (content.h). Prints one JSON object.
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
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

const tonearm::bench::Content content;

/// Where one request starts.
struct Place {
  std::uint64_t song;
  std::uint64_t first;
};

struct Question {
  Place place;
  std::uint64_t size = 0;  ///< Body bytes that are read.
  std::string range;       ///< Empty, or a Range field with its line end.
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

  void ask(const std::string& path, Question question) {
    question_ = std::move(question);
    head_.clear();
    body_ = 0;
    first_byte_.reset();
    const std::string request = "GET " + path + std::to_string(question_.place.song) +
                                " HTTP/1.1\r\nHost: bench\r\n" + question_.range + "\r\n";
    if (::send(socket_, request.data(), request.size(), MSG_NOSIGNAL) < 0) {
      throw std::runtime_error("cannot send");
    }
  }

  /// Takes what has come; no more than was asked for, once the head is read.
  void receive(std::span<char> buffer) {
    const std::uint64_t most = question_.size - body_ + (first_byte_ ? 0 : head_room);
    const ssize_t count =
        ::recv(socket_, buffer.data(), std::min<std::uint64_t>(buffer.size(), most), MSG_DONTWAIT);
    if (count < 0 && errno == EAGAIN) return;
    if (count <= 0) throw std::runtime_error("closed before the end");
    std::span<const char> came = buffer.first(static_cast<std::size_t>(count));
    if (!head_.ends_with(head_end)) came = read_head(came);
    if (came.empty()) return;
    if (!first_byte_) first_byte_ = Clock::now();
    verify(came);
    body_ += came.size();
  }

  bool done() const { return body_ >= question_.size; }
  Clock::time_point first_byte() const { return *first_byte_; }

 private:
  static constexpr std::string_view head_end = "\r\n\r\n";
  static constexpr std::uint64_t head_room = 1024;

  /// Returns what stands behind the head.
  std::span<const char> read_head(std::span<const char> came) {
    const std::size_t before = head_.size();
    head_.append(came.data(), came.size());
    const std::size_t end = head_.find(head_end);
    if (end == std::string::npos) return {};
    head_.resize(end + head_end.size());
    const std::string_view status = question_.range.empty() ? "200" : "206";
    if (std::string_view(head_).substr(9, 3) != status) {
      throw std::runtime_error("not " + std::string(status) + ": " + head_.substr(0, 40));
    }
    return came.subspan(head_.size() - before);
  }

  void verify(std::span<const char> bytes) const {
    const Place& place = question_.place;
    if (!content.is(bytes, place.song, place.first + body_)) {
      throw std::runtime_error("a wrong byte in song " + std::to_string(place.song) + " behind " +
                               std::to_string(place.first + body_));
    }
  }

  int socket_;
  Question question_;
  std::string head_;
  std::uint64_t body_ = 0;
  std::optional<Clock::time_point> first_byte_;
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

std::string range_field(std::uint64_t first, const std::string& last) {
  return "Range: bytes=" + std::to_string(first) + "-" + last + "\r\n";
}

/// What clients of one kind ask for, and whether they come back on the same connection.
struct Habit {
  Question (*question)(const Work& work, Place place);
  bool closes = false;
};

Question closed_range(const Work& work, Place place) {
  const std::string last = std::to_string(place.first + work.size - 1);
  return {place, work.size, range_field(place.first, last)};
}

Question whole_song(const Work& work, Place place) { return {{place.song, 0}, work.length, ""}; }

Question open_range(const Work& work, Place place) {
  return {place, work.size, range_field(place.first, "")};
}

/// Sorted: times to the first byte, in microseconds.
using Waits = std::vector<double>;

double part_of(const Waits& waits, double part) {
  return waits.empty()
             ? 0
             : waits[static_cast<std::size_t>(part * static_cast<double>(waits.size() - 1))];
}

/// Makes `count` requests over all connections, each with one under way at a time.
class Crowd {
 public:
  Crowd(const Work& work, const Habit& habit) : work_(work), habit_(habit) {}
  ~Crowd() { ::close(epoll_); }
  Crowd(const Crowd&) = delete;
  Crowd& operator=(const Crowd&) = delete;

  Waits play() {
    std::vector<Player> players(work_.connections);
    for (Player& player : players) begin(player);
    std::array<epoll_event, 64> events{};
    while (waits_.size() < work_.count) {
      const int ready = ::epoll_wait(epoll_, events.data(), events.size(), -1);
      for (int i = 0; i < ready; ++i) {
        receive(*static_cast<Player*>(events[static_cast<std::size_t>(i)].data.ptr));
      }
    }
    std::sort(waits_.begin(), waits_.end());
    return waits_;
  }

 private:
  struct Player {
    std::unique_ptr<Connection> connection;
    Clock::time_point asked;
  };

  void begin(Player& player) {
    if (begun_ == work_.count) return;
    player.asked = Clock::now();
    if (habit_.closes || !player.connection) connect(player);
    player.connection->ask(work_.path, habit_.question(work_, work_.place(begun_++)));
  }

  void connect(Player& player) {
    player.connection = std::make_unique<Connection>(work_.port);
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.ptr = &player;
    ::epoll_ctl(epoll_, EPOLL_CTL_ADD, player.connection->descriptor(), &event);
  }

  void receive(Player& player) {
    Connection& connection = *player.connection;
    connection.receive(buffer_);
    if (!connection.done()) return;
    const std::chrono::duration<double, std::micro> wait = connection.first_byte() - player.asked;
    waits_.push_back(wait.count());
    if (habit_.closes) player.connection.reset();
    begin(player);
  }

  const Work& work_;
  const Habit& habit_;
  int epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
  std::uint64_t begun_ = 0;
  Waits waits_;
  std::array<char, 128 * 1024> buffer_{};
};

void run(const Work& work, const Habit& habit) {
  const auto crowd = std::make_unique<Crowd>(work, habit);
  const auto start = Clock::now();
  const Waits waits = crowd->play();
  const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
  std::printf(
      "{\"requests\": %zu, \"seconds\": %.4f, \"ttfb_p50_us\": %.0f, \"ttfb_p99_us\": %.0f}\n",
      waits.size(), seconds, part_of(waits, 0.5), part_of(waits, 0.99));
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
    connection->ask(work.path, open_range(work, {work.song + i % work.songs, 0}));
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
    run(work, {closed_range});
  } else if (mode == "whole") {
    run(work, {whole_song});
  } else if (mode == "seeks") {
    run(work, {open_range, true});
  } else {
    std::fprintf(stderr, "usage: bench_load ranges|whole|seeks|hold key=value…\n");
    return 2;
  }
  return 0;
} catch (const std::exception& error) {
  std::fprintf(stderr, "bench_load: %s\n", error.what());
  return 1;
}
