#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

namespace tonearm::cache {

/// Whether the disk answers, as the questions tell that are put to it: a file server that is gone
/// lets who asks wait without end. While a question is overdue the disk is silent. Being wrong of
/// one that is only slow costs origins a while of what is kept. Thread-safe.
class Silence {
 public:
  using Clock = std::chrono::steady_clock;

  /// Who waits hears nothing meanwhile; but a disk that writes back much may hold up all for
  /// seconds.
  struct Limits {
    std::chrono::milliseconds silence{5000};
    /// Nobody waits longer for one answer, whatever others get.
    std::chrono::milliseconds answer{15'000};
  };

  /// One of them. Outlived by its Silence.
  class Question {
   public:
    Question(Silence& silence, Clock::time_point now) : silence_(silence), asked_at_(now) {}

    /// How long to wait on for the answer; zero: no longer.
    Clock::duration patience(Clock::time_point now) const;
    /// It is waited for no more: overdue, unless the answer has come just now.
    void give_up();
    void answer(Clock::time_point now);

   private:
    Silence& silence_;
    const Clock::time_point asked_at_;
    // Guarded by the mutex of its Silence.
    bool answered_ = false;
    bool overdue_ = false;
  };

  /// The answer has come when this ends, whatever it is.
  class Asking {
   public:
    explicit Asking(Question& question) : question_(question) {}
    ~Asking() { question_.answer(Clock::now()); }
    Asking(const Asking&) = delete;
    Asking& operator=(const Asking&) = delete;

   private:
    Question& question_;
  };

  /// `path`: the directory's, for the log.
  explicit Silence(std::string path) : path_(std::move(path)) {}
  /// Not while a question waits.
  void set_limits(const Limits& limits) { limits_ = limits; }

  std::shared_ptr<Question> ask() { return std::make_shared<Question>(*this, Clock::now()); }
  bool lasts() const { return overdue_ > 0; }

 private:
  const std::string path_;
  Limits limits_;
  std::mutex mutex_;
  std::atomic<unsigned> overdue_ = 0;  ///< Changed with mutex_ held.
  std::atomic<Clock::rep> answered_at_ = 0;
};

}  // namespace tonearm::cache
