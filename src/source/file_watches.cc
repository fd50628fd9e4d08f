#include "tonearm/source/file_watches.h"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <spdlog/spdlog.h>

#include <sys/inotify.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>
#include <map>
#include <mutex>
#include <new>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace tonearm::source {

namespace asio = io::asio;

namespace {

/// What the kernel reports meanwhile is told as one change: a writer of many small pieces does not
/// wake a thousand followers for each.
constexpr std::chrono::milliseconds settle{40};
constexpr std::chrono::milliseconds poll_interval{250};

/// Who is told by the timer: changes made elsewhere are not seen by the local kernel.
constexpr int no_watch = -1;

bool is_seen_by_inotify(int descriptor) {
  struct statfs info {};
  if (::fstatfs(descriptor, &info) != 0) return false;
  constexpr std::array<std::uint32_t, 8> remote{
      0x6969 /* NFS */,      0xFF534D42 /* CIFS */, 0xFE534D42 /* SMB2 */, 0x517B /* SMB */,
      0x65735546 /* FUSE */, 0x01021997 /* 9P */,   0x00C36400 /* Ceph */, 0x5346414F /* AFS */};
  return std::find(remote.begin(), remote.end(), static_cast<std::uint32_t>(info.f_type)) ==
         remote.end();
}

}  // namespace

struct FileWatches::Subscription::Listener {
  Listener(io::Executor on, io::Event& whom) : executor(on), event(&whom) {}

  io::Executor executor;
  io::Event* event;               ///< Of the loop's thread alone; null once it has unsubscribed.
  std::atomic<bool> told{false};  ///< A notification is on its way.
  int watch = no_watch;           ///< Guarded by the state's mutex.
};

struct FileWatches::State {
  using Listener = Subscription::Listener;

  State() : inotify(context), pause(context) {
    const int descriptor = ::inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (descriptor < 0) return;
    boost::system::error_code failed;  // then the timer tells everybody
    inotify.assign(descriptor, failed);
    if (failed) ::close(descriptor);
  }

  void add(int descriptor, const std::shared_ptr<Listener>& listener);
  void remove(const std::shared_ptr<Listener>& listener);
  int watch(int descriptor);
  void start();

  // These run on the thread.
  void run();
  void wait_for_changes();
  void take_changes();
  void poll();
  void tell(int watch);
  static void tell(const std::shared_ptr<Listener>& listener);

  asio::io_context context{1};
  asio::posix::stream_descriptor inotify;
  asio::steady_timer pause;
  asio::steady_timer poll_timer{context};
  std::thread thread;

  mutable std::mutex mutex;
  /// By watch descriptor; under no_watch those that the timer tells.
  std::map<int, std::vector<std::shared_ptr<Listener>>> listeners;
  bool polling = false;
};

FileWatches::FileWatches() : state_(std::make_unique<State>()) {}

FileWatches::~FileWatches() {
  state_->context.stop();
  if (state_->thread.joinable()) state_->thread.join();
}

std::size_t FileWatches::watched() const {
  const std::lock_guard lock(state_->mutex);
  return state_->listeners.size() - state_->listeners.count(no_watch);
}

FileWatches::Subscription FileWatches::subscribe(int descriptor, io::Executor executor,
                                                 io::Event& event) {
  auto listener = std::make_shared<Subscription::Listener>(executor, event);
  state_->add(descriptor, listener);
  return Subscription(*state_, std::move(listener));
}

FileWatches::Subscription::Subscription(State& watches, std::shared_ptr<Listener> listener)
    : watches_(&watches), listener_(std::move(listener)) {}

FileWatches::Subscription::Subscription(Subscription&&) noexcept = default;

FileWatches::Subscription::~Subscription() {
  if (!listener_) return;
  watches_->remove(listener_);
  listener_->event = nullptr;
}

void FileWatches::State::start() {
  if (thread.joinable()) return;
  if (inotify.is_open()) wait_for_changes();
  thread = std::thread([this] {
    const auto work = asio::make_work_guard(context);
    while (!context.stopped()) run();
  });
}

/// Where there is no memory for telling a change, who waits is told of the next one, or looks
/// anyway when the file should have ended.
void FileWatches::State::run() {
  try {
    context.run();
  } catch (const std::bad_alloc&) {
    spdlog::error("no memory for telling who waits that a file has changed");
  }
}

/// The watch of the file itself, whatever its name is by now. The kernel gives the same one for the
/// same file.
int FileWatches::State::watch(int descriptor) {
  if (!inotify.is_open() || !is_seen_by_inotify(descriptor)) return no_watch;
  const std::string name = "/proc/self/fd/" + std::to_string(descriptor);
  return ::inotify_add_watch(inotify.native_handle(), name.c_str(), IN_MODIFY | IN_ATTRIB);
}

void FileWatches::State::add(int descriptor, const std::shared_ptr<Listener>& listener) {
  const std::lock_guard lock(mutex);
  start();
  listener->watch = watch(descriptor);
  listeners[listener->watch].push_back(listener);
  if (listener->watch == no_watch && !polling) {
    polling = true;
    asio::post(context, [this] { poll(); });
  }
}

void FileWatches::State::remove(const std::shared_ptr<Listener>& listener) {
  const std::lock_guard lock(mutex);
  const auto of_file = listeners.find(listener->watch);
  auto& all = of_file->second;
  *std::find(all.begin(), all.end(), listener) = all.back();
  all.pop_back();
  if (!all.empty()) return;
  if (listener->watch != no_watch) ::inotify_rm_watch(inotify.native_handle(), listener->watch);
  listeners.erase(of_file);
}

void FileWatches::State::wait_for_changes() {
  inotify.async_wait(asio::posix::stream_descriptor::wait_read,
                     [this](const boost::system::error_code& error) {
                       if (!error) take_changes();
                     });
}

void FileWatches::State::take_changes() {
  // First, so that it goes on even where there is no memory for the rest.
  pause.expires_after(settle);
  pause.async_wait([this](const boost::system::error_code&) { wait_for_changes(); });
  alignas(inotify_event) std::array<char, 16 * 1024> buffer;
  std::vector<int> changed;
  bool lost = false;
  for (;;) {
    const ssize_t count = ::read(inotify.native_handle(), buffer.data(), buffer.size());
    if (count <= 0) break;
    for (ssize_t at = 0; at < count;) {
      inotify_event event{};
      std::memcpy(&event, buffer.data() + at, sizeof(event));
      at += static_cast<ssize_t>(sizeof(event) + event.len);
      if ((event.mask & IN_Q_OVERFLOW) != 0U) lost = true;
      if (std::find(changed.begin(), changed.end(), event.wd) == changed.end()) {
        changed.push_back(event.wd);
      }
    }
  }
  const std::lock_guard lock(mutex);
  if (lost) {
    for (const auto& [watch, of_file] : listeners) tell(watch);
  } else {
    for (const int watch : changed) tell(watch);
  }
}

void FileWatches::State::poll() {
  const std::lock_guard lock(mutex);
  polling = listeners.contains(no_watch);
  if (!polling) return;
  poll_timer.expires_after(poll_interval);
  poll_timer.async_wait([this](const boost::system::error_code&) { poll(); });
  tell(no_watch);
}

/// Under the mutex: who has not unsubscribed yet has a loop that runs.
void FileWatches::State::tell(int watch) {
  const auto of_file = listeners.find(watch);
  if (of_file == listeners.end()) return;
  for (const auto& listener : of_file->second) tell(listener);
}

void FileWatches::State::tell(const std::shared_ptr<Listener>& listener) {
  if (listener->told.exchange(true)) return;
  try {
    asio::post(listener->executor, [listener] {
      listener->told = false;
      if (listener->event != nullptr) listener->event->notify();
    });
  } catch (...) {
    listener->told = false;
    throw;
  }
}

}  // namespace tonearm::source
