// Writes what became of each test case to the file that $TEST_RESULTS names, one line each, for
// tests/support/run: "RUN case" when it starts (so a crash has a name), then "PASS case",
// "FAIL case" or "SKIP case: reason".
#include <doctest/doctest.h>

#include <cstdlib>
#include <fstream>
#include <string>
#include <string_view>

namespace {

class Results : public doctest::IReporter {
 public:
  explicit Results(const doctest::ContextOptions&) {
    if (const char* path = std::getenv("TEST_RESULTS")) file_.open(path, std::ios::trunc);
  }

  void test_case_start(const doctest::TestCaseData& test) override {
    name_ = test.m_name;
    skip_.clear();
    line("RUN " + name_);
  }
  void log_message(const doctest::MessageData& message) override {
    const std::string_view text = message.m_string.c_str();
    if (text.substr(0, prefix.size()) == prefix) skip_ = text.substr(prefix.size());
  }
  void test_case_end(const doctest::CurrentTestCaseStats& stats) override {
    if (!stats.testCaseSuccess) {
      line("FAIL " + name_);
    } else if (!skip_.empty()) {
      line("SKIP " + name_ + ": " + skip_);
    } else {
      line("PASS " + name_);
    }
  }

  void report_query(const doctest::QueryData&) override {}
  void test_run_start() override {}
  void test_run_end(const doctest::TestRunStats&) override { line("END"); }
  void test_case_reenter(const doctest::TestCaseData&) override {}
  void test_case_exception(const doctest::TestCaseException&) override {}
  void subcase_start(const doctest::SubcaseSignature&) override {}
  void subcase_end() override {}
  void log_assert(const doctest::AssertData&) override {}
  void test_case_skipped(const doctest::TestCaseData&) override {}

 private:
  static constexpr std::string_view prefix = "SKIP: ";
  void line(const std::string& text) { file_ << text << std::endl; }

  std::ofstream file_;
  std::string name_, skip_;
};

REGISTER_LISTENER("results", 0, Results);

}  // namespace
